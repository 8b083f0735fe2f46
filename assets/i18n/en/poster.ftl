# Words on posters.
poster-title-missing_person = MISSING
poster-title-lost = LOST
poster-title-found = FOUND
poster-title-rescue = RESCUE
poster-title-blood = RESCUE
poster-title-donation = DONATION
poster-female = Female
poster-male = Male
poster-age = { $age ->
    [0] Under 1 year
    [one] 1 year
   *[other] { $age } years
}
poster-height = { $cm } cm
poster-looks = Looks
poster-clothing = Clothing
poster-brand = Brand
poster-colour = Colour
poster-held_at = Collect from
poster-police = Police
poster-people = People
poster-phone = Phone
poster-filing_number = Filing number
poster-window = Campaign
poster-needs = Needs
poster-seen-missing_person = Last seen
poster-seen-lost = Lost
poster-seen-found = Found
poster-seen-rescue = When and where
poster-seen-blood = When and where
poster-seen-donation = Area
poster-at-exact = { $weekday } { $day } { $month }, { $time }
poster-at-about = { $weekday } { $day } { $month }, about { $time }
poster-at-day = { $weekday } { $day } { $month }
poster-until = { $day } { $month } { $year }, { $time } (Beijing)
poster-check = or open { $address } and enter the number
poster-health = Health makes it urgent to find them soon.
poster-people-count = { $people ->
    [one] 1 person
   *[other] { $people } people
}
poster-incident-flood = Trapped by flood
poster-incident-fire = Fire
poster-incident-mountain = Lost in the mountains
poster-incident-medical = Medical emergency
poster-incident-blood = Blood needed
poster-incident-other = Another emergency
poster-act-missing_person = If you see them, call 110
poster-act-lost = Found it? Scan to tell us
poster-act-found = Is it yours? Scan to claim it
poster-act-rescue = To help, call 110 first
poster-act-blood = Ask your local blood centre
poster-act-donation = Scan to check before you give
poster-hint-missing_person = Stay with them, keep calm, do not crowd or film, then scan to tell the volunteers.
poster-hint-lost = Do not post details in chats; tips go to the owner and volunteers only.
poster-hint-found = Be ready to describe a detail that proves it is yours.
poster-hint-rescue = Do not take risks alone. Fire 119, ambulance 120.
poster-hint-blood = Give blood as the centre arranges it. Nobody pays or is paid for it: trust nobody who asks.
poster-hint-donation = Only through the designated platform; never pay a person or a code.
poster-product = Seventy-Two
poster-verified = Checked by volunteers
poster-case_number = Case
poster-valid_until = Valid until
poster-scan = Scan for status and tips
poster-scan_ended = Scan for the latest status
poster-latest = Before sharing, scan: only the latest status counts
poster-over = This notice is over
poster-over_act = Please stop sharing it
poster-over_note = Delete saved copies to protect the privacy of those concerned.
poster-paused = Being checked
poster-paused_act = Please do not share for now
poster-paused_note = Volunteers are checking this notice. Scan for the latest status.
