# demo

practice-title = 练习群
practice-lead = 群成员看到的就是这样。这个群只在演示程序里，任何消息都不会发到外面。
practice-group = 廊坊寻人互助群（演示）
practice-robot = 72小时机器人
practice-robot-second = 72小时机器人（你接入的）
practice-picture = 海报图片，文字内容与上一条消息相同
practice-empty = 还没有消息。信息审核通过并过了撤回时间之后，会出现在这里。
practice-live = 新消息会自动出现。
practice-codes-link = 登录用的动态验证码
practice-connect = 试着接入一个群
practice-connect-how = 用 group_admin 登录，选“企业微信”，粘贴下面的地址；验证码会出现在上面的群里。
practice-connect-link = 接入企业微信群
groups-practice = 演示程序不向外发送任何消息：请选“企业微信”，粘贴这一页上的机器人地址：
field-credential_inside = 演示程序不向外发送任何消息，不能接入真的群。请选“企业微信”，粘贴练习群页面（/practice）上的机器人地址

codes-title = 演示账号的动态验证码
codes-lead = 正式使用时，验证码在各人手机的身份验证器里。演示时看这里即可；密码在启动演示的终端里。
codes-account = 账号
codes-code = 验证码
codes-left = { $seconds } 秒后更换。每个验证码只能用一次。
codes-warning = 只有演示程序才有这一页。

demo-welcome = 72小时 演示：数据都在临时目录里，退出时删除。
demo-open = 打开
demo-accounts = 账号（密码和密钥只在这里显示这一次）
demo-codes = 登录要用的动态验证码，不用装身份验证器：
demo-pages = 页面
demo-page-report = 提交信息
demo-page-review = 审核
demo-page-groups = 管理群
demo-page-practice = 练习群
demo-page-docs = 接口文档
demo-robot = 练习群里一个机器人的地址，可以用来接入一个群（企业微信）：
demo-try = 可以试试
demo-try-1 = 打开练习群：走失老人的寻人启事一会儿就到，带海报。
demo-try-2 = 用 moderator 登录，领取并通过那个孩子的寻人启事；{ $cooling }秒内可以撤回，然后看练习群。
demo-try-3 = 用手机大小的窗口提交一条信息，三分钟以内；留好管理链接。
demo-try-4 = 用管理链接结束这条信息：练习群收到“请停止转发”，公开页面不再显示内容。
demo-try-5 = 用 lead 登录，看需要第二人审核的成年人；用 group_admin 登录，看群的送达记录。
demo-try-6 = 用 group_admin 接入一个企业微信群，粘贴上面的机器人地址：验证码会出现在练习群里。
demo-stop = 按 Ctrl+C 退出。
