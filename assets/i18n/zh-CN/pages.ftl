# pages: home, status, check, safety, feed and the API's manual

error-prefix = 错误：
home-title = 让能帮忙的人尽快看到
home-lead = 志愿者核实每一条信息，免费发到本地的群里；72 小时后本站页面撤下，扫海报上的码会看到“已结束”。
home-operator = 您以运营者身份登录。运营者在服务器上用命令行工作：新建账号、核对审计记录、看 /metrics，网页上没有要做的事。审核请用志愿者或组长的账号，管理群请用群主的账号。
home-police = 有人失踪，先打 110。
home-police-why = 报警不用等 24 小时。报警之后，再到这里发布，三分钟就够，不用注册。
home-report = 我要发布
home-missing_person = 老人走失、孩子不见、家人失联
home-lost_property = 丢了东西，或捡到了东西
home-rescue = 有人遇险、被困，或急需用血
home-donation = 有资质的慈善组织募集款物
home-how = 信息怎样走完 72 小时
home-how-report = 您提交信息，得到一个编号和一个只属于您的管理链接。
home-how-check = 志愿者核实。少年和成年人失联，由两个人分别核实；认知或智力障碍者、儿童，为抢时间先由一个人核实发出，半小时内另一个人复看。
home-how-send = 发到您所在地区的群。您的电话不公开，线索由平台转给您。
home-how-end = 找到了，或满 { $hours } 小时，本站页面就撤下，搜不到了；扫海报上的码会看到“已结束”，收到过的群也会收到“已结束”。
home-things = 最近的失物招领
home-practice = 演示用的群
home-practice-what = 这是程序自带的练习群：信息发布和结束时，群里会看到什么，都在这里。
home-practice-open = 打开练习群
home-groups = 我是群主，想让我的群接收信息
feed-title = 72小时：正在发布的信息
feed-entry = { $kind } · { $region } · { $case }

check-title = 这条信息是真的吗？
check-lead = 看到带“72小时”的消息，先在这里核对编号，再决定转不转发。
check-hint = 10 个字母或数字，写成 XXXXX-XXXXX。大小写、空格都没关系，也可以粘贴链接或整条消息。
check-empty = 请先填写或粘贴编号。
check-long = 这段文字太长。请只粘贴编号，或一条消息。
check-button = 核对
check-open = 查看：
check-another = 核对另一个编号
check-warning-several = 里面不止一个编号，这里只核对了下面这一个。请把别的编号分开核对。
check-warning-link = 里面的链接不是本站的，请不要打开。本站的链接在下面。
check-warning-money = 里面提到钱。我们从不收钱；凡是先要钱的，都是骗子，请打 110。
check-warning-phone = 里面有电话或账号。本站页面上没有的，就不是我们发的：请不要联系，线索从本站页面提供。
check-signs-title = 怎样认出真消息
check-sign-prefix = 真消息以【72小时】开头，带编号和本站链接；打开链接，看到的才是最新状态。
check-sign-link = 截图和旧消息可能早已结束。以打开链接后的内容为准。
check-sign-money = 我们从不收钱，也不要验证码。凡是先要押金、路费、手术费的，都是骗子，请打 110。

status-live = 信息属实，仍在进行中
status-live-detail = 这条信息已由志愿者核实，现在仍然有效。
status-number = 有这个编号，仍在进行中
status-number-detail = 编号是真的，但您粘贴的文字不一定是我们写的：骗子会把真编号写进假消息。请打开本站页面，以那里写的为准。
status-live-missing_person = 寻找中
status-live-lost = 寻找中
status-live-found = 待认领
status-live-rescue = 求助中
status-live-blood = 求助中
status-live-donation = 募集中
status-checking = 核实中
status-checking-detail = 志愿者正在核实这条信息。核实完成之前，请不要转发。
status-checking-wait = 核实需要一点时间，请稍后再打开本页。情况紧急，请直接拨打 110。
# The wording of the product description, to the letter.
status-over = 本条信息已结束,请停止转发
status-over-detail = 为保护当事人，内容已经撤下。请删除手机和群里的旧消息、照片和海报。
status-never = 本条信息已结束,请停止转发
status-never-detail = 这个编号下没有公开过任何内容。如果有人拿它转发消息，那不是我们发的，请不要相信。
status-over-withdrawn = 已撤回，请勿再转发。
status-over-thanks = 谢谢每一位帮过忙的人。
status-unknown = 无此编号
status-unknown-detail = 我们从未发出过这个编号。带有它的“72小时”消息不是我们发的，请不要转发。
status-unknown-money = 如果有人借这条消息向您要钱、要验证码，请不要理会，拨打 110。
status-malformed = 编号不对
status-malformed-detail = 编号是 10 个字母或数字，写成 XXXXX-XXXXX，最后一位用来查错。请对照原文再输入一次。
status-malformed-ours = 如果原文就是这样写的，这条消息不是我们发的，请不要转发。
card-live = 点开看是否仍有效。转发前请先核对。

seen-call-missing_person = 看到当事人，先打 110，告诉警察位置。
seen-call-rescue = 情况紧急，先打 110、119 或 120。
seen-call-blood = 请联系当地血站，按血站安排献血。
seen-rules-missing_person = 不要围堵，不要拍视频上传。
seen-rules-rescue = 不要独自冒险，听从现场救援人员安排。
seen-rules-blood = 献血不收钱也不给钱，谁谈钱都不要信。
photo-of = { $name }的照片
poster-of = { $name }的海报
until = 有效至 { $moment }（北京时间）。
until-left = 还剩 {"{"}h{"}"} 小时 {"{"}m{"}"} 分
doubt = 觉得这条信息不对？
doubt-sought = 觉得这条信息不对，或者您就是被寻找的人？

fact-case = 编号
fact-age = 年龄
fact-years = { $number ->
    [0] 不满 1 岁
   *[other] { $number } 岁
}
fact-sex = 性别
sex-female = 女
sex-male = 男
fact-height = 身高
fact-cm = { $number } 厘米
fact-looks = 样貌
fact-clothing = 衣着
fact-health = 健康
fact-health-urgent = 健康状况需要尽快找到
fact-seen-when = 最后出现时间
fact-seen-where = 最后出现地点
fact-when = 时间
fact-where = 地点
fact-region = 地区
fact-police = 已报警
fact-direction = 类别
direction-lost = 寻物
direction-found = 招领
fact-brand = 品牌
fact-colour = 颜色
fact-held_at = 认领处
fact-people = 人数
fact-people-number = { $number } 人
fact-needs = 所需
fact-credit_code = 统一社会信用代码
fact-filing_number = 募捐备案编号
fact-campaign-time = 募捐时间
emergency-flood = 洪水被困
emergency-fire = 火灾
emergency-mountain = 山野遇险
emergency-medical = 医疗急救
emergency-blood = 紧急用血
emergency-other = 其他险情
emergency-people = ，{ $people } 人
month-1 = 1
month-2 = 2
month-3 = 3
month-4 = 4
month-5 = 5
month-6 = 6
month-7 = 7
month-8 = 8
month-9 = 9
month-10 = 10
month-11 = 11
month-12 = 12
weekday-1 = 周一
weekday-2 = 周二
weekday-3 = 周三
weekday-4 = 周四
weekday-5 = 周五
weekday-6 = 周六
weekday-7 = 周日
moment-exact = { $month }月{ $day }日 { $time }
moment-about = { $month }月{ $day }日 { $time } 左右
moment-until = { $year }年{ $month }月{ $day }日 { $time }
moment-day = { $month }月{ $day }日

donate-warning = 只通过下面这个民政部指定的平台捐款。我们不经手任何款项；凡是要您转给个人账户的，都是骗子。
donate-at = 前往指定平台捐款
phone-title = 联系电话
phone-warning = 这个号码由发布人自己选择公开。请只在有线索时拨打；最好用下面的表格。发布人请注意：先要钱的都是骗子。

tip-title-missing_person = 我有线索
tip-title-lost = 我有线索
tip-title-found = 这是我的
tip-title-rescue = 我能帮忙
tip-title-blood = 我能帮忙
tip-title-donation = 发现不对，请告诉我们
tip-title-sought = 要找的人就是您，或您的孩子？
tip-danger = 人还在现场，请先打 110。
tip-how = 不用留姓名。志愿者会看到您写的内容，电话不会公开。
tip-text-missing_person = 您看到了什么？
tip-text-hint-missing_person = 例如：人在哪里，往哪边走，现在还在不在。
tip-text-lost = 您看到了什么？
tip-text-hint-lost = 例如：在哪里看到或捡到的，现在放在哪里。
tip-text-found = 怎样证明是您的？
tip-text-hint-found = 写一个没有公开的细节，例如里面有什么、哪里有记号，志愿者据此核对。这些只写在这里，不要在群里说，以免被人冒领。领取时请带身份证件。
tip-text-rescue = 您能怎样帮忙？
tip-text-hint-rescue = 例如：有船、车、绳索或急救经验，几个人，多久能到。
tip-text-blood = 您能怎样帮忙？
tip-text-hint-blood = 例如：您的血型，什么时候能去血站，血站怎么答复您。
tip-text-donation = 哪里不对？
tip-text-hint-donation = 例如：机构、备案号或募捐平台对不上，或者有人在群里用它收钱。
tip-text-sought = 您想告诉志愿者什么？
tip-text-hint-sought = 例如：我很安全，请不要再找。不写字也可以发送，不用写您在哪里。志愿者会看；发布人不会知道。
tip-seen_at = 哪一天看到的？
tip-seen_time = 几点？
tip-place = 在哪里看到的？
tip-phone = 您的电话
tip-phone-hint = 只有志愿者看得到，需要问清楚时才会打给您。
tip-from_sought = 我就是这条信息要找的人
tip-from_sought-child = 我就是这条信息要找的人，或者是孩子的父母，孩子在我身边
tip-from_sought-hint = 志愿者会最先处理，并重新核实这条信息；发布人不会知道。
tip-send = 发送

forward-title = 帮忙转发
forward-poster = 长按海报，保存或发到群里。
forward-text = 或者长按下面的文字，全选、复制，贴到群里。
copy = 复制文字
copied = 已复制，可以去粘贴了

field-list-kind = kind 只能是 missing_person、lost_property、rescue 或 donation。
field-list-region = region 要用 GB/T 2260 的六位行政区划代码，例如 131003。
field-list-cursor = cursor 要原样使用上一页的 next。
field-list-limit = limit 要在 1 到 100 之间。

safety-title = 安全与隐私
safety-leave = 快速离开此页
safety-swindle = 谨防诈骗
safety-swindle-text =
    任何人要您先转账——押金、赎金、手术费、路费——都先挂断，打 110。
    我们的志愿者不会向您要钱、要验证码、要您加群。
    分辨真假，可以请对方说出一个没有公开的细节。
safety-sought = 如果您就是被寻找的人
safety-sought-text =
    您有权不被找到。我们不会把您在哪里告诉发布人。
    您可以去任何一个派出所说明自己平安，请警察联系我们；也可以在那条信息下面的线索里勾选“我就是这条信息要找的人”（孩子在您身边的，也可以勾选）：先由志愿者看，不会给发布人，并会重新核实。那条信息正在核实或已经结束的，页面上也可以写；有没有道理由组长决定，没有决定之前，同样的信息再发来也要先过组长。
    有人伤害您，请打 110；妇女维权热线 12338。
safety-sought-form = 去那条信息下面的表格
safety-help = 如果您看到了被寻找的人
safety-help-text =
    先打 110，在安全的地方等警察。不要围堵，不要追赶，不要拍视频上传。
    对老人和孩子，轻声陪着，不要让他们再走远。
safety-data = 我们怎样保管信息
safety-data-text =
    公开的内容每次最多 72 小时，续期要重新核实；结束时本站的页面、海报和照片立刻撤下。
    电话、报警编号这些只给核实的志愿者看，加密保存，到期连同密钥一起删除。
    照片会重新生成，去掉拍摄地点等隐藏信息。我们不做人脸识别。
    以后只留下编号、类别、地区、日期和结果，好让旧海报上的编号永远有答案。
safety-wrong = 信息有误，要撤下
safety-wrong-text =
    发布人请打开管理链接，一步就能结束。其他人请在那条信息下面的线索里写明哪里不对，志愿者可以立刻暂停它；撤下以后，收到过的群会收到更正。

docs-title = 接口文档
docs-lead = 机器人、小程序和其他平台用的 JSON 接口，地址都以 /api/v1 开头。时间是 RFC 3339 格式，带时区。Accept-Language 可选 zh-CN 或 en。
docs-calls = 全部接口
docs-parameters = 参数
docs-name = 名称
docs-place = 位置
docs-sort = 类型
docs-words = 说明
docs-required = 必填
docs-closed = 需要令牌
docs-body = 请求内容：
docs-shapes = 数据结构
docs-problems = 错误代码
docs-problems-how = 出错时返回 application/problem+json（RFC 9457），里面的 code 是下面之一，不会改变。
