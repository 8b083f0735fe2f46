# web: the frame of every page, problems, and the words all stations share

site-name = 72小时
skip = 跳到正文
nav-page = 页面设置
nav-language = English
nav-language-tag = en
nav-larger = 大字版
nav-smaller = 标准字号
nav-work = 工作区
nav-review = 审核
nav-groups = 我的群
nav-foot = 常用链接
nav-report = 发布信息
nav-check = 核对编号
nav-safety = 安全与隐私
nav-docs = 接口文档
call-danger = 有人有危险，先打电话：
call-110 = 报警
call-12338 = 妇女维权热线
call-12356 = 心理援助热线
call-120 = 急救
call-119 = 火警
call-missing = 报失踪不用等 24 小时。
foot-note = 72小时由志愿者核实，免费发布。我们不会向任何人收钱、要验证码。
contact = 联系运营者：{ $contact }

kind-missing_person = 寻人
kind-lost_property = 失物招领
kind-rescue = 生命救援
kind-donation = 公益捐款

state-submitted = 等待核实
state-in_review = 正在核实
state-needs_info = 等待补充信息
state-escalated = 已上报组长
state-second_review = 等待第二人核实
state-cooling = 即将发布
state-live = 已发布
state-paused = 暂停，重新核实中
state-rejected = 未通过
state-closed = 已结束
state-expired = 已到期
state-removed = 已撤下
state-erased = 已删除

# what became of a notice in the groups
sum-received =
    { $groups ->
        [0] 目前没有群收到。
       *[other] 已有 { $groups } 个群收到。
    }
sum-perhaps = { $groups } 个群不确定是否收到：平台没有说明。
sum-edited = { $groups } 个群里的消息已修改，不再显示原内容。
sum-deleted = { $groups } 个群里的消息已删除。
sum-followed_up = { $groups } 个群已另发消息说明。
sum-waiting = { $groups } 个群还没有发完。
sum-waiting-over = 还有 { $groups } 个群没收到结束的通知。
sum-paused = { $groups } 个群等待恢复接收。
sum-unreachable = { $groups } 个群未能通知到。

problem-not_json = 无法读取提交的内容
problem-not_json-detail = 请求内容不是有效的 JSON。请检查格式后重新发送。
problem-wrong_content_type = 内容类型不对
problem-wrong_content_type-detail = 请按接口文档写明的 Content-Type 发送。
problem-too_large = 内容太大
problem-too_large-detail = 最多可以发送 { $size }。请缩小照片或减少内容后再试。
problem-too_slow = 发送太慢
problem-too_slow-detail = 内容没有及时传完。请检查网络后重新发送。
problem-invalid_fields = 有几处需要改正
problem-invalid_fields-detail = 请按每一项旁边的说明改正后再提交。已填写的内容还在。
problem-login_required = 请先登录
problem-login_required-detail = 这个页面只供志愿者和群主使用。登录后可以继续。
problem-login_refused = 没有登录成功
problem-login_refused-detail = 账号名、密码或验证码不对。请核对后用新的验证码再试。
problem-forbidden = 您的账号不能进行这项操作
problem-forbidden-detail = 如果您认为应该可以，请联系给您账号的人。
problem-cross_site = 请从本站页面操作
problem-cross_site-detail = 这次提交不是从我们的页面发出的，或页面已打开太久。请重新打开页面再试。
problem-not_found = 找不到这个页面
problem-not_found-detail = 链接可能不完整或已失效。请核对链接，或回到首页。
problem-method_not_allowed = 这里不能这样操作
problem-method_not_allowed-detail = 这个地址不接受这种请求。请回到首页重新开始。
problem-case_unknown = 无此编号
problem-case_unknown-detail = 我们从未发出过这个编号。如果它出现在一条“72小时”消息里，那条消息是假的，请不要转发，也不要联系里面的电话。
problem-case_malformed = 编号不对
problem-case_malformed-detail = 编号是 10 个字母或数字，写成 XXXXX-XXXXX。请对照原文再输入一次。
problem-manage_link_invalid = 管理链接无效
problem-manage_link_invalid-detail = 链接可能没有复制完整，或信息已经删除。请从提交成功页或收藏里重新打开完整链接。
problem-idempotency_key_reused = 同一个提交标识用了两次
problem-idempotency_key_reused-detail = 这个 Idempotency-Key 已用于另一份内容。请为新内容换一个标识。
problem-claimed_by_other = 其他志愿者正在处理
problem-claimed_by_other-detail = 请先处理队列里的下一条。对方完成或超时后，这一条会重新开放。
problem-claim_required = 请先领取这一条
problem-claim_required-detail = 您还没有领取，或领取已超时。请重新领取后再操作。
problem-stale_version = 这条信息已有新变化
problem-stale_version-detail = 现在的状态是“{ $state }”。请刷新页面，看过新内容后再决定。
problem-same_approver = 需要另一位志愿者
problem-same_approver-detail = 核实必须由不同的人完成，而且都不能是发布人。您已通过这一条，或者它由您发布：请留给其他志愿者。
problem-lead_required = 需要组长处理
problem-lead_required-detail = 这一条只能由组长决定。请点“上报组长”，或联系值班组长。
problem-police_reference_required = 还缺报警信息
problem-police_reference_required-detail = 这类信息要有报警回执或接警编号才能发布。请先向发布人索取并回拨派出所公开电话核对。
problem-too_late = 已经来不及撤回
problem-too_late-detail = 撤回时间已过。如果发布有误，请立即撤下；还不确定，就先暂停。
problem-not_possible = 现在不能进行这项操作
problem-not_possible-detail = 现在的状态是“{ $state }”。请刷新页面，查看现在可以做什么。
problem-not_possible-cooling-detail = 现在的状态是“{ $state }”，还没有发出。最后通过的人可以撤回通过，任何志愿者都可以撤下这条信息。
problem-not_possible-renewed_out-detail = 这条信息已经续期 3 次，不能再续。到期后请重新提交：表单里已经填好原来的内容，志愿者会从头核实。
problem-not_possible-published-detail = 现在的状态是“{ $state }”。已发布的信息和它的修改不能再提问或上报。修改请选择“通过”或“不通过”；想先问清楚，请查看发布人电话并致电；信息本身有疑问，请先暂停。
problem-photo_refused = 这张照片不能使用
problem-not_redeliverable = 这一条不能重新发送
problem-not_redeliverable-detail = 只有已放弃、而且仍然有效的一条可以重新发送。
problem-group_exists = 这个群已经接入
problem-group_exists-detail = 请在“我的群”里查看。如果是别人接入的，请联系对方或换一个机器人。
problem-too_many_groups = 这个账号接入的群已满
problem-too_many_groups-detail = 一个账号最多接入 { $most } 个群。请删除不再使用的群，或申请另一个账号。
problem-wrong_code = 验证码不对
problem-wrong_code-detail =
    { $left ->
        [0] 这个验证码不能再试了，请重新发送验证码。
       *[other] 请核对群里最新收到的 6 位数字后再试，还可以试 { $left } 次。
    }
problem-code_expired = 验证码已过期
problem-code_expired-detail = 请重新发送验证码，再填写群里最新收到的数字。
problem-group_unreachable = 消息没有发进群里
problem-group_unreachable-detail = 平台返回：{ $code }。请检查机器人地址和密钥，确认机器人还在群里，然后再试。
problem-too_many_requests = 操作太频繁
problem-too_many_requests-detail = 请等 { $wait }再试。情况紧急请直接拨打 110。
problem-too_many_requests-at_work-detail = 请等 { $wait }再试。
problem-too_many_requests-new_code-detail = 验证码试错太多次，这个验证码不能再用（{ $wait }后过期）。请重新发送验证码，再填写群里最新收到的数字。
wait-seconds = { $number } 秒
wait-minutes = { $number } 分钟
wait-hours = { $number } 小时
problem-internal_error = 我们这边出错了
problem-internal_error-detail = 请过几分钟再试。情况紧急请直接拨打 110。联系我们时，请告知下面的编号。
back-review = 回到审核
try-again = 再试一次
back-home = 回到首页
go-back = 请返回上一页：您填写的还在。
request-number = 请求编号：{ $id }

# What is wrong with a photo, and what to do.
photo-photo_empty = 没有收到照片。请重新选择一张。
photo-photo_too_many_bytes = 照片超过 8 MB。请选小一点的，或截屏后再上传截图。
photo-too_many = 最多 5 张，请去掉几张。
photo-photo_too_many_pixels = 照片像素太大。请截屏后上传截图。
photo-photo_too_small = 照片太小，看不清楚。请换一张更清晰的。
photo-photo_not_a_picture = 这个文件不是照片。请选择 JPEG、PNG 或 WebP 图片。
photo-photo_heic = 这是 HEIC 或 AVIF 格式，很多手机打不开。请打开这张照片截屏，再上传截图。
photo-photo_gif = 不支持动图。请截屏后上传截图。
photo-photo_truncated = 照片没有传完整。请检查网络，再上传一次。
photo-photo_damaged = 照片已损坏，无法读取。请换一张，或截屏后上传截图。

field-named = { $label }：{ $sentence }
