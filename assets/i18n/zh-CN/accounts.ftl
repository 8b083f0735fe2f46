# accounts

login = 登录
logout = 退出登录
login-title-fault = 登录未成功
login-name = 账号名
login-password = 密码
login-code = 动态验证码
login-code-hint = 身份验证器里的 6 位数字，每 30 秒更换一次。
login-fault = 没有登录成功
login-refused = 账号名、密码或验证码不对。每个验证码只能用一次：请核对后，用新的验证码再试。
login-too-many = 尝试次数太多，请 { $seconds } 秒后再试。
login-help = 登录只用于核实信息和管理群。家属和公众无需登录。
login-none = 还没有账号？请向运营这个平台的人申请。
login-lost = 忘了密码或换了手机？请找运营者重置。
login-groups = 想让自己的群收到信息？接入以后，群里会收到志愿者核实过的寻人、失物招领、生命救援和公益捐款信息，寻到以后也会通知。地区、类别和免打扰时段由群主自己选，随时可以暂停。免费。
login-groups-ask = 接入要有群主账号。还没有？请向运营这个平台的人申请。
login-words = 登录已失效，还没有做任何决定。重新登录后，你写的内容还在。
login-back-title = 已登录
login-back-words = 还没有做任何决定。你写的内容会一起带回去。
login-back = 回到这条信息
logout-title = 要退出登录吗？

role-moderator = 志愿者
role-lead = 组长
role-group_admin = 群主
role-operator = 运营者
