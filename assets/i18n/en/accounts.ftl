# accounts

login = Log in
logout = Log out
login-title-fault = Not logged in
login-name = Account name
login-password = Password
login-code = Code
login-code-hint = The 6 digits in your authenticator; they change every 30 seconds.
login-fault = You are not logged in
login-refused = Name, password or code is wrong. Each code works once: check what you typed and try again with a new code.
login-too-many = { $seconds ->
    [one] Too many attempts. Try again in { $seconds } second.
   *[other] Too many attempts. Try again in { $seconds } seconds.
}
login-help = Logging in is only for verifying notices and managing groups. Families and the public need no account.
login-none = No account yet? Ask the people who run this platform for one.
login-lost = Forgot your password or changed your phone? Ask the operator to reset it.
login-groups = Would you like your group to receive notices? It then gets what volunteers have verified about missing people, lost and found property, rescue and donations, and hears when somebody is found. Its admin chooses areas, kinds and quiet hours, and can pause it at any time. It is free of charge.
login-groups-ask = Connecting a group takes a group admin’s account. None yet? Ask the people who run this platform for one.
login-words = You were logged out. Nothing has been decided. Log in, and what you wrote is there again.
login-back-title = You are logged in
login-back-words = Nothing has been decided. What you wrote goes back to the case with you.
login-back = Back to the case
logout-title = Log out?

role-moderator = Moderator
role-lead = Lead
role-group_admin = Group admin
role-operator = Operator
