# broadcast: what a group chat reads. Every message begins with 【72小时】, set before these.

broadcast-first-alert = { $kind }
broadcast-first-update = Updated: { $kind }
broadcast-first-closing = This notice is over, please stop forwarding it
broadcast-first-found = Found safe, please stop forwarding
broadcast-first-returned = Returned to its owner, please stop forwarding
broadcast-first-rescued = Rescued, please stop forwarding
broadcast-first-fulfilled = The appeal is complete, please stop forwarding
broadcast-first-withdrawn = This notice was withdrawn, please stop forwarding it
broadcast-first-correction = Correction: the notice was untrue or should not have been passed on, and is withdrawn
broadcast-first-digest = { $count } notices from your quiet hours

broadcast-kind-missing_person = Missing person
broadcast-kind-lost_property = Lost and found
broadcast-kind-rescue = Rescue
broadcast-kind-donation = Donation

broadcast-label-person = Name:
broadcast-label-lost = Lost:
broadcast-label-found = Found:
broadcast-label-incident = Emergency:
broadcast-label-campaign = Organised by:
broadcast-label-needs = Needed:
broadcast-label-looks = Looks:
broadcast-label-clothing = Clothing:
broadcast-label-last_seen = Last seen:
broadcast-label-seen_lost = Lost at:
broadcast-label-seen_found = Found at:
broadcast-label-scene = When and where:
broadcast-label-held_at = Collect at:
broadcast-label-region = Area:
broadcast-label-police = Police informed:
broadcast-label-description = Details:

broadcast-female = female
broadcast-male = male
broadcast-age = { $age ->
    [0] under 1 year old
   *[other] aged { $age }
}
broadcast-height = { $cm } cm tall
broadcast-people =
    { $people ->
        [one] { $people } person
       *[other] { $people } people
    }
broadcast-health = Their health needs them found soon
broadcast-flood = trapped by flood
broadcast-fire = fire
broadcast-mountain = lost or hurt outdoors
broadcast-medical = medical emergency
broadcast-blood = blood needed urgently
broadcast-other = another emergency

broadcast-at-exact = { $day } { $month } { $year }, { $time }
broadcast-at-about = { $day } { $month } { $year }, about { $time }
broadcast-at-day = { $day } { $month } { $year }

broadcast-case = Case number: { $case }
broadcast-phone = Phone: { $phone }
broadcast-donate = Before giving, check the link below; never transfer money to a person
broadcast-delete = Please delete the earlier message and do not forward it
broadcast-link = Verify or send a tip:
broadcast-link-ended = See its state:

broadcast-code = Verification code for this group's robot: { $code }. Enter it on the Seventy-Two site within 10 minutes. If no admin of this group asked for it, ignore this message.
broadcast-test = Test message: this group receives notices.
