# pages: home, status, check, safety, feed and the API's manual

error-prefix = Error:{" "}
home-title = Help the right people see it, fast
home-lead = Volunteers check every notice and send it to local group chats, free of charge. After 72 hours our page comes down, and whoever scans a poster reads that it is over.
home-operator = You are logged in as an operator. Operators work on the server, with commands: accounts, the audit, /metrics. There is nothing for them to do on these pages: to verify, log in as a moderator or lead; to look after groups, as a group admin.
home-police = Somebody is missing? First call 110.
home-police-why = Never wait 24 hours. Then report here: three minutes, no account.
home-report = I want to report
home-missing_person = An elder, a child or a relative cannot be found
home-lost_property = I lost something, or I found something
home-rescue = Somebody is in danger or trapped, or blood is needed urgently
home-donation = A qualified charity needs money or goods
home-how = The 72 hours of a notice
home-how-report = You send the notice and get a case number and a manage link that is yours alone.
home-how-check = Volunteers verify it: two of them where a teenager or an adult is missing. For somebody with dementia or an intellectual disability, and for a child, one verifies and a second looks within half an hour, so that no time is lost.
home-how-send = It goes to the groups of your area. Your phone stays private; we pass tips on to you.
home-how-end =
    { $hours ->
        [one] Once it is over, or after { $hours } hour, our page comes down and no search finds it; whoever scans a poster reads that it is over, and every group that received it is told.
       *[other] Once it is over, or after { $hours } hours, our page comes down and no search finds it; whoever scans a poster reads that it is over, and every group that received it is told.
    }
home-things = Lately lost and found
home-practice = A group to practise with
home-practice-what = The demo's own group chat: what a group sees when a notice begins and ends.
home-practice-open = Open the practice group
home-groups = I run a group chat and want it to receive notices
feed-title = Seventy-Two: live notices
feed-entry = { $kind } · { $region } · { $case }

check-title = Is this notice real?
check-lead = Before you forward a “72小时” message, check its number here.
check-hint = Ten letters or digits, written XXXXX-XXXXX. Case and spaces do not matter; you may also paste the link or the whole message.
check-empty = Enter or paste a number first.
check-long = That is too long to read. Paste the number alone, or one message.
check-button = Check
check-open = Open{" "}
check-another = Check another number
check-warning-several = There is more than one number in it, and only the one below was checked. Check the others one by one.
check-warning-link = A link in it does not lead to this site: do not open it. Ours is below.
check-warning-money = It speaks of money. We never ask for any: whoever wants money first is a scammer. Call 110.
check-warning-phone = It names a phone or an account. What our page does not show is not ours: do not use it; tips go through our page.
check-signs-title = How to tell a real message
check-sign-prefix = It begins with 【72小时】 and carries a case number and a link to this site. What the link shows is up to date.
check-sign-link = Screenshots and old messages may be long over. Believe the link, not the picture.
check-sign-money = We never ask for money or for a code. Whoever wants a deposit, travel or hospital costs first is a scammer: call 110.

status-live = Genuine, and still open
status-live-detail = Volunteers checked this notice, and it still holds.
status-number = There is such a number, and it is still open
status-number-detail = The number is true, but the text you pasted may not be ours: scammers put true numbers into false messages. What our page says is what holds; please open it.
status-live-missing_person = Being sought
status-live-lost = Being sought
status-live-found = Waits for its owner
status-live-rescue = Help needed
status-live-blood = Help needed
status-live-donation = Collecting
status-checking = Being checked
status-checking-detail = Volunteers are checking this notice. Please do not forward it until they have.
status-checking-wait = Checking takes a little time: please open this page again later. In an emergency call 110 directly.
status-over = This notice is over. Please stop forwarding it.
status-over-detail = To protect those concerned, what it said has been taken down. Please delete old messages, photos and posters.
status-never = This notice is over. Please stop forwarding it.
status-never-detail = Nothing was ever public under this number. A message that carries it is not ours: please do not believe it.
status-over-withdrawn = Withdrawn: do not pass it on.
status-over-thanks = Thank you to everybody who helped.
status-unknown = No such number
status-unknown-detail = We never issued this number. A “72小时” message that carries it is not ours: please do not forward it.
status-unknown-money = If somebody uses that message to ask you for money or a code, do not answer. Call 110.
status-malformed = This is not a case number
status-malformed-detail = A case number is ten letters or digits, written XXXXX-XXXXX; the last one finds typing mistakes. Compare it with the original and type it again.
status-malformed-ours = If the original has it like this, the message is not ours: do not pass it on.
card-live = Open to see whether it still holds. Check before you forward.

seen-call-missing_person = If you see them, first call 110 and say where.
seen-call-rescue = In an emergency first call 110, 119 or 120.
seen-call-blood = Ask your local blood centre, and give blood as it arranges.
seen-rules-missing_person = Do not crowd them, and do not post videos.
seen-rules-rescue = Take no risk alone, and follow the rescuers on the spot.
seen-rules-blood = Nobody pays or is paid for it: trust nobody who asks.
photo-of = Photo of { $name }
poster-of = Poster of { $name }
until = Until { $moment } (Beijing time).
until-left = {"{"}h{"}"} h {"{"}m{"}"} min left
doubt = Is something wrong with this notice?
doubt-sought = Is something wrong with this notice, or are you the one it seeks?

fact-case = Case number
fact-age = Age
fact-years = { $number ->
    [0] under 1 year
   *[other] { $number }
}
fact-sex = Sex
sex-female = Female
sex-male = Male
fact-height = Height
fact-cm = { $number } cm
fact-looks = Looks
fact-clothing = Clothing
fact-health = Health
fact-health-urgent = Their health needs them found soon
fact-seen-when = Last seen when
fact-seen-where = Last seen where
fact-when = When
fact-where = Where
fact-region = Area
fact-police = Reported to
fact-direction = Lost or found
direction-lost = Lost
direction-found = Found
fact-brand = Brand
fact-colour = Colour
fact-held_at = Pick up at
fact-people = People
fact-people-number = { $number }
fact-needs = Needs
fact-credit_code = Credit code
fact-filing_number = Filing number
fact-campaign-time = Campaign
emergency-flood = Trapped by flood
emergency-fire = Fire
emergency-mountain = Lost or hurt outdoors
emergency-medical = Medical emergency
emergency-blood = Blood needed
emergency-other = Another emergency
emergency-people =
    { $people ->
        [one] , { $people } person
       *[other] , { $people } people
    }
month-1 = January
month-2 = February
month-3 = March
month-4 = April
month-5 = May
month-6 = June
month-7 = July
month-8 = August
month-9 = September
month-10 = October
month-11 = November
month-12 = December
weekday-1 = Mon
weekday-2 = Tue
weekday-3 = Wed
weekday-4 = Thu
weekday-5 = Fri
weekday-6 = Sat
weekday-7 = Sun
moment-exact = { $day } { $month }, { $time }
moment-about = { $day } { $month }, about { $time }
moment-until = { $day } { $month } { $year }, { $time }
moment-day = { $day } { $month }

donate-warning = Give only through the designated platform below. No money passes through us; whoever wants it sent to a private account is a scammer.
donate-at = Give on the designated platform
phone-title = Phone
phone-warning = The reporter chose to publish this number. Call it only if you have a tip; the form below is the better way. Reporters: whoever wants money first is a scammer.

tip-title-missing_person = I saw something
tip-title-lost = I know something
tip-title-found = This is mine
tip-title-rescue = I can help
tip-title-blood = I can help
tip-title-donation = Tell us if something is wrong
tip-title-sought = Are you the one being sought, or is it your child?
tip-danger = If they are still there, first call 110.
tip-how = No name needed. Volunteers read what you write; your phone is never published.
tip-text-missing_person = What did you see?
tip-text-hint-missing_person = For example: where, which way they went, whether they are still there.
tip-text-lost = What did you see?
tip-text-hint-lost = For example: where you saw or found it, and where it is now.
tip-text-found = What proves that it is yours?
tip-text-hint-found = Tell something that is not public, such as what is in it or a mark it has; volunteers compare it. Tell it here only and never in a chat, or somebody else may claim it. Bring your identity card when you fetch it.
tip-text-rescue = How can you help?
tip-text-hint-rescue = For example: a boat, a car, ropes or first aid, how many of you, how soon you can be there.
tip-text-blood = How can you help?
tip-text-hint-blood = For example: your blood group, when you can go to the blood centre, what it told you.
tip-text-donation = What is wrong?
tip-text-hint-donation = For example: the organisation, its registration or the platform does not match, or somebody collects money with it in a chat.
tip-text-sought = What do you want to tell the volunteers?
tip-text-hint-sought = For example: I am safe, please stop looking. You can also send it without words. Do not write where you are. Volunteers read it; the reporter does not learn of it.
tip-seen_at = On which day did you see it?
tip-seen_time = At what time?
tip-place = Where did you see it?
tip-phone = Your phone
tip-phone-hint = Only volunteers see it, and call only when something is unclear.
tip-from_sought = I am the person this notice looks for
tip-from_sought-child = I am the person this notice looks for, or a parent, and the child is with me
tip-from_sought-hint = Volunteers read it before anything else and check the notice again. The reporter does not learn of it.
tip-send = Send

forward-title = Help by forwarding
forward-poster = Press and hold the poster to save it or send it on.
forward-text = Or press and hold the text below, copy it, and paste it into a chat.
copy = Copy the text
copied = Copied. You can paste it now.

field-list-kind = kind is one of missing_person, lost_property, rescue and donation.
field-list-region = region is a six-digit code of GB/T 2260, like 131003.
field-list-cursor = cursor is the next of the page before, unchanged.
field-list-limit = limit is from 1 to 100.

safety-title = Safety and privacy
safety-leave = Leave this page quickly
safety-swindle = Beware of scams
safety-swindle-text =
    Whoever wants money first — a deposit, a ransom, hospital or travel costs — hang up and call 110.
    Our volunteers never ask you for money, for a code, or to join a group.
    Ask whoever has a tip for a detail that was not published.
safety-sought = If you are the one being sought
safety-sought-text =
    You have a right not to be found. We never tell the reporter where you are.
    You can tell any police station that you are safe and ask them to call us; or tick “I am the person this notice looks for” in the tip form under the notice (also if your child is with you). Volunteers read it first, not the reporter, and check the notice again. Where the notice is being checked or over, its page takes such a message, too. A lead decides about it; until then the same notice, sent again, has to pass a lead.
    If somebody hurts you, call 110; the women's helpline is 12338.
safety-sought-form = To the form under that notice
safety-help = If you see the person sought
safety-help-text =
    First call 110, and wait for the police in a safe place. Do not crowd or chase them, and do not post videos.
    Stay gently with an elder or a child, so that they do not walk further.
safety-data = What we keep, and how
safety-data-text =
    What is public stays so for 72 hours at a time, renewed only after another check, and then our page, poster and photos are taken down at once.
    Phones and police references are for those who verify alone: encrypted, and deleted with their key when their time has come.
    Photos are re-saved, without hidden data such as where they were taken. We use no face recognition.
    Afterwards only case number, kind, region, dates and outcome remain, so that the number on an old poster always has an answer.
safety-wrong = A notice is wrong and should go
safety-wrong-text =
    Reporters end it in one step with their manage link. Everybody else writes what is wrong in the tip form under the notice: volunteers can pause it at once; when they remove it, every group that received it gets a correction.

docs-title = API
docs-lead = JSON for bots, mini programs and other platforms; all addresses begin with /api/v1. Times are RFC 3339 with an offset. Accept-Language chooses zh-CN or en.
docs-calls = All calls
docs-parameters = Parameters
docs-name = Name
docs-place = In
docs-sort = Type
docs-words = Meaning
docs-required = Required.
docs-closed = needs a token
docs-body = Body:
docs-shapes = Shapes
docs-problems = Problem codes
docs-problems-how = Errors are application/problem+json (RFC 9457); their code is one of these and does not change.
