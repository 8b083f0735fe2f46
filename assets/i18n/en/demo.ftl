# demo

practice-title = Practice chat
practice-lead = This is what members of a group see. The group lives inside the demo: no message leaves it.
practice-group = Langfang search group (demo)
practice-robot = Seventy-Two robot
practice-robot-second = Seventy-Two robot (connected by you)
practice-picture = Poster, saying the same as the message before it
practice-empty = No messages yet. A notice appears here once it is approved and the time to undo has passed.
practice-live = New messages appear by themselves.
practice-codes-link = Codes for logging in
practice-connect = Connect a group
practice-connect-how = Log in as group_admin, choose WeCom and paste this address; the code then appears in the chat above.
practice-connect-link = Connect a WeCom group
groups-practice = The demo sends nothing to the outside: choose WeCom and paste the robot's address that stands on this page:
field-credential_inside = The demo sends nothing to the outside, so no real group can be connected. Choose WeCom and paste the robot's address from the practice chat (/practice)

codes-title = Codes of the demo accounts
codes-lead = In real use the codes are in each person's authenticator. In the demo, read them here; the passwords are in the terminal where you started it.
codes-account = Account
codes-code = Code
codes-left = { $seconds ->
    [one] They change in { $seconds } second. Each code works once.
   *[other] They change in { $seconds } seconds. Each code works once.
}
codes-warning = Only the demo has this page.

demo-welcome = Seventy-Two demo: all data is in a temporary directory, removed when it stops.
demo-open = Open
demo-accounts = Accounts (passwords and secrets are shown this once)
demo-codes = Codes for logging in, no authenticator needed:
demo-pages = Pages
demo-page-report = report
demo-page-review = review
demo-page-groups = groups
demo-page-practice = practice chat
demo-page-docs = API docs
demo-robot = Address of a robot of the practice chat, to connect a group (WeCom):
demo-try = Things to try
demo-try-1 = Open the practice chat: the missing grandmother's notice arrives in a moment, with its poster.
demo-try-2 = Log in as moderator, claim and approve the child's notice; undo it within { $cooling } s, or watch it reach the chat.
demo-try-3 = Report something in a phone-sized window, within three minutes; keep the manage link.
demo-try-4 = Close it by its manage link: the chat hears "stop forwarding", and the public page forgets it.
demo-try-5 = Log in as lead for the adult who needs a second approval; as group_admin for the delivery log.
demo-try-6 = As group_admin, connect a WeCom group with the robot's address above: its code appears in the practice chat.
demo-stop = Ctrl+C stops it.
