# broadcast: what a group chat reads. Every message begins with 【72小时】, set before these.

broadcast-first-alert = { $kind }
broadcast-first-update = 信息更新：{ $kind }
# The wording of the product description, to the letter.
broadcast-first-closing = 本条信息已结束,请停止转发
broadcast-first-found = 已平安找到，请停止转发
broadcast-first-returned = 已物归原主，请停止转发
broadcast-first-rescued = 已获救，请停止转发
broadcast-first-fulfilled = 募捐已完成，请停止转发
broadcast-first-withdrawn = 本条信息已撤回，请停止转发
broadcast-first-correction = 更正：此前信息不实或不应传播，已撤回
broadcast-first-digest = 免打扰时段内的 { $count } 条信息

broadcast-kind-missing_person = 寻人
broadcast-kind-lost_property = 失物招领
broadcast-kind-rescue = 生命救援
broadcast-kind-donation = 公益捐款

broadcast-label-person = 姓名：
broadcast-label-lost = 丢失：
broadcast-label-found = 捡到：
broadcast-label-incident = 险情：
broadcast-label-campaign = 发起：
broadcast-label-needs = 所需：
broadcast-label-looks = 样貌：
broadcast-label-clothing = 衣着：
broadcast-label-last_seen = 最后出现：
broadcast-label-seen_lost = 丢失于：
broadcast-label-seen_found = 捡到于：
broadcast-label-scene = 时间地点：
broadcast-label-held_at = 认领处：
broadcast-label-region = 地区：
broadcast-label-police = 已报警：
broadcast-label-description = 详情：

broadcast-female = 女
broadcast-male = 男
broadcast-age = { $age ->
    [0] 不满1岁
   *[other] { $age }岁
}
broadcast-height = 身高{ $cm }厘米
broadcast-people = { $people }人
broadcast-health = 健康状况需要尽快找到
broadcast-flood = 洪水被困
broadcast-fire = 火灾
broadcast-mountain = 山野遇险
broadcast-medical = 医疗急救
broadcast-blood = 紧急用血
broadcast-other = 其他险情

broadcast-at-exact = { $year }年{ $month }月{ $day }日 { $time }
broadcast-at-about = { $year }年{ $month }月{ $day }日 { $time }左右
broadcast-at-day = { $year }年{ $month }月{ $day }日

broadcast-case = 编号：{ $case }
broadcast-phone = 联系电话：{ $phone }
broadcast-donate = 捐款前请先打开下方链接核实，切勿转账给个人
broadcast-delete = 请删除此前收到的消息，不要再转发
broadcast-link = 核实与提供线索：
broadcast-link-ended = 查看状态：

broadcast-code = 群机器人验证码：{ $code }。请在 72小时 网站填写，10分钟内有效。若非群主操作，请忽略。
broadcast-test = 测试消息：本群已能正常接收信息。
