# review: the queue, one notice's page, decisions and their reasons; and what became of broadcasts

review-title = Review queue
review-filter = Show only
review-filter-all = Everything to do
review-news = The queue has changed. Show it
review-astray = There is no such filter or page. This is everything to do, from the start.
review-empty = Nothing waits here. Thank you.
review-since = since { $at }
review-published = published { $span } ago
review-waiting = waiting { $span }
review-sealed = sealed
review-for-leads = Only a lead opens this one.
review-with = { $name } has it
review-needs-another = You approved it or handed it in: somebody else decides
review-with-you = You have it
review-go-on = Go on
review-claim-case = Claim { $case }
review-next = Next page
review-next-case = Next case
review-keys = Shortcut keys
review-colon = :{ " " }
review-back = Back to the queue
review-span-now = less than a minute
review-span-minutes = { $n } min
review-span-hours = { $n } h
review-span-days =
    { $n ->
        [one] { $n } day
       *[other] { $n } days
    }
review-urgency-3 = Most urgent
review-urgency-2 = Urgent
review-urgency-1 = Soon
review-urgency-0 = Can wait
review-want-second_look = second look due
review-want-police_reference = police reference due
review-overdue-second_look = second look overdue
review-overdue-police_reference = police reference overdue
review-want-tip = a tip is held
review-want-revision = changed, to be checked again
review-want-resume = waits for a lead to resume or end it

# who may open what
review-leads-title = A lead has to open this case
review-leads-case = { $case } is sealed or was escalated: only leads read and decide it, because somebody may be in danger.
review-leads-who = These people are leads:
review-leads-none = There is no lead at present.
review-leads-public = It is public now. Where somebody may be in danger through it, do not wait for a lead: pause it, and its page and posters are hidden at once; to make the groups that received it stop, remove it. Only a lead lets it go on.

# one notice
review-kept = What you typed (copy it if you still need it)
review-standing = Where it stands
review-held-by-you = You have it until { $until }; “Keep my claim” gives you more time.
review-held-by = { $name } has it until { $until }. You can read, not decide.
review-held-by-nobody = Nobody has it. Claim it to see everything and decide.
review-cooling = Approved: it goes out at { $until }, and until then it can be taken back.
review-going-out = The time to undo is over; it is going out.
review-reload = Show how it stands now
review-left-to-undo = {"{"}s{"}"} s left
review-left-to-hold = {"{"}m{"}"} min {"{"}s{"}"} s left
review-approvals = Approvals: { $given } of { $needed }
review-approvals-leads =
    { $leads ->
        [one] , one must be a lead
       *[other] , { $leads } must be leads
    }
review-approvals-all-leads =
    { $leads ->
        [1] , by a lead
        [2] , both by leads
       *[other] , all by leads
    }
review-approvals-by = { "" }. Given by: { $names }
review-ends = Published until { $at }.
review-broadcasts = Delivery log of all groups
review-changes = What changed (public now → waiting)
review-changes-seen = What changed (as a volunteer last saw it → now)
review-changes-none = Nothing that is public changes.
review-changes-empty = not filled in
review-changes-added = Photos added
review-changes-removed = Photos removed
review-changes-reordered = only their order
review-preview = What groups will read
review-age = aged { $age }
review-said = What the notice said
review-preview-live = What groups read
review-preview-hint = Groups set to English read this; those set to Chinese get our words in Chinese. What the reporter wrote stays as it is. The same on every platform.
review-erased = Its contents have been deleted.
review-with-reply = Came with the reply, never published:
review-reply-photo = Photo { $n } that came with the reply
review-pictures = Photos and poster
review-poster = The poster as groups get it
review-photo = Photo { $n } of the notice
review-evidence = What speaks for and against
review-flags = Look closely
review-policy = To check
review-facts = From the reporter
review-phone-ends = ends in { $last4 }
review-private-hint = Safety answers and the hidden detail are shown once you claim it, the phone when you say why.
review-duplicates = Perhaps the same
review-reveal = Show the phone (logged; limited per day):
review-duplicates-below =
    { $n ->
        [one] { $n } notice may be the same: compare
       *[other] { $n } notices may be the same: compare
    }
review-compare-here = This notice
review-compare-photo = Photo
review-compare-name = Name or thing
review-compare-age = Age
review-compare-place = Place
review-compare-seen = Last seen
review-compare-submitted = Sent in
review-compare-hint = Bold: the same as here.
review-duplicate-same_phone = same phone
review-duplicate-similar_photo = similar photo
review-duplicate-same_name_and_age = same name, about the same age
review-duplicate-same_name_and_place = same name, same place and day
review-duplicate-same_credit_code = same credit code
review-duplicate-same_filing_number = same filing number
review-duplicate-same_sound_and_age = name sounds the same, about the same age
review-duplicate-same_sound_and_place = name sounds the same, same place and day
review-tips = Tips
review-tip-held = the family has not seen it
review-tip-hint = Could it lead to someone in hiding, or is it a scam? Then discard it, and tell the police if need be. Phones are never passed on.
review-tip-guarded = This person may not want to be found: where and when they were seen is for the police, not for the family. Once the police know, the family reads only that. Phones are never passed on.
review-button-pass_on = Pass on to the family
review-button-police_know = The police know
review-button-discard = Discard
review-done-police_know = Noted. On their page the family reads only that the police know.
review-done-pass_on = Passed on. The family can read it on their page.
review-done-discard = Discarded.
review-tip-text = Saw
review-tip-seen_at = When
review-tip-place = Where
review-tip-phone = Phone
review-tip-flags = Look closely
review-actions = Your steps
review-reason = Reason
review-reporter-reads = The reporter reads:{ " " }
review-history = History
review-yes = yes
review-no = no
review-fact-phone = Phone
review-fact-reporter = Name
review-fact-relation = Relation
review-fact-publish_phone = Wants the phone published
review-fact-category = Who is sought
review-fact-police_reported = Police informed
review-fact-police_station = Police station
review-fact-police_reference = Police reference
review-fact-secret_detail = Hidden detail
review-fact-typed = As typed ({ $field })
review-fact-credit_code = Credit code
review-fact-filing_number = Filing number
review-fact-url = Donation page
review-fact-campaign_dates = Dates
review-category-child = child
review-category-teen = teenager
review-category-dementia = person with dementia
review-category-intellectual_disability = person with an intellectual disability
review-category-mental_health = person in a mental crisis
review-category-self_harm_risk = person who may harm themselves
review-category-outdoor = person lost outdoors
review-category-suspected_abduction = person who may have been abducted
review-category-other_adult = other adult
review-flag-id_card = An ID card number in the text.
review-flag-bank_card = A bank card number in the text.
review-flag-payment = Money is asked for, or a way to pay.
review-flag-debt = Words of debt: collectors use notices to find people.
review-flag-contact = A link, phone or account in the text; no group, page, API or poster will show it.
review-flag-whereabouts = Asks for an adult's address, workplace or movements.
review-flag-do_not_tell = Asks not to tell the police or the person: a known sign of abuse.
review-flag-called_false = The tip calls the notice false, or says that it is about the writer: check the notice again, and pause it if need be.
review-flag-violence = Answered yes: a quarrel, violence, or a dispute over divorce or custody lately.
review-flag-protection_order = Answered yes: a protection order or a written police warning.
review-flag-violence_mentioned = The text mentions violence or a protection order: the person may be hiding.
review-flag-flight_mentioned = The text mentions a flight: the person may be hiding.
review-flag-left_mentioned = The text says that somebody left and took a child or a thing along: whoever finds the thing finds them.
review-flag-looks_like_person = A rescue that reads like a search for a person: is it a missing person notice by another name?
review-flag-custody_mentioned = The text mentions custody of a child: one parent may be looking for a child who is with the other.
review-flag-house_number = The text has a house number: a notice shows an area alone. Ask for a change, or refuse it.
review-flag-diagnosis = The text names an illness: a notice says no more than that health is urgent. Ask for a change, or refuse it.
review-flag-left_voluntarily = Answered yes: packed clothes, papers or money and left by themselves.
review-flag-violence_unsure = The answer was “not sure”, which counts as yes: a quarrel, violence, or a dispute over divorce or custody.
review-flag-protection_order_unsure = The answer was “not sure”, which counts as yes: a protection order or a written police warning.
review-flag-left_voluntarily_unsure = The answer was “not sure”, which counts as yes: packed clothes, papers or money and left by themselves.
review-flag-no_police_reference = No police reference yet.
review-flag-no_photo = No photo.
review-flag-poster_lacks = The poster cannot show { $characters }: 〓 stands there instead. If a name has one, agree on another spelling with the reporter.
review-flag-like_sealed = A case that is sealed, or was refused or removed to protect somebody, has the same phone, a similar photo, or a name that is or sounds the same with the age or the place: somebody may be asking for the same person again with other answers. Compare it under possible duplicates. Say nothing of it to the reporter.
review-flag-many_of_one_phone = This phone has more than two open notices: is it the caller's own?

# what to check, by the class of the policy; two hours and thirty minutes are review::policy's
review-policy-child = Speak to the reporter; is this a parent or guardian? One approval; another moderator looks again within 30 minutes. The police reference may follow within 2 hours. No school, no home address.
review-policy-contested_child = Custody or violence is mentioned: two approvals. Who has custody? Call the station's public number (114 or its website), never a number from the notice.
review-policy-teen = Two approvals and a police reference. Ask whether the child ran away from somebody. Call the station's public number (114 or its website), never a number from the notice.
review-policy-contested_teen = Two approvals and a police reference. Custody is mentioned: ask the other parent, or the police. What was seen is for the police.
review-policy-sealed_teen = Sealed: the teenager may be fleeing from the reporter. Two approvals, one by a lead, and only after the police confirm by their public number that publishing is right. Tell the reporter nothing of this.
review-policy-impaired = Fastest lane: one approval; another moderator looks again within 30 minutes. Confirm the carer's relation by phone. The police reference may follow within 2 hours. Never name the illness.
review-policy-young_impaired = Fastest lane: one approval; another moderator looks again within 30 minutes. Confirm the carer's relation by phone, and that there is one: below 60 nobody but the reporter says so. The police reference may follow within 2 hours. What was seen is for the police. Never name the illness.
review-policy-adult = Two approvals, one by a lead, and a police reference. Call the station's public number (114 or its website), never a number from the notice. An adult may leave: if they may be fleeing, escalate.
review-policy-sealed_adult = Sealed: the person sought may be fleeing from the reporter. Two leads, and only after the police confirm by their public number that publishing is right. Tell the reporter nothing of this.
review-policy-sealed_other = Sealed: violence is mentioned where nobody is said to be missing. Is somebody sought who fled? Two approvals, one by a lead; reject where a person is to be found by it. Tell the reporter nothing of this.
review-policy-property = One approval. The hidden detail must not be in the text. Documents: numbers masked.
review-policy-rescue = One approval. Has 110, 119 or 120 been called? The exact place is allowed.
review-policy-sought_by_rescue = It reads like a search for a person, so it asks for what a missing adult does: two approvals, one by a lead. Has 110, 119 or 120 been called? Reject where somebody is to be found by it.
review-policy-donation = Two approvals. Check credit code and filing number on the charity register (慈善中国), and that the page is on a designated platform. Never an account, card or payment code.

# steps: do = heading, hint = what follows, button, note = label of the free words, done = afterwards, step = in the history
review-button-claim = Claim
review-button-keep = Keep my claim
review-button-release = Put it back
review-button-undo = Undo my approval
review-do-approve = Approve
review-hint-approve = Counts as one approval; the last one starts the undo time, then it goes out.
review-button-approve = Approve
review-note-approve = Note for colleagues (optional)
review-do-second_look = Second look
review-hint-second_look = It has gone out already. Look at it again and press “Second look done”; it then waits for no second person. If in doubt, pause it.
review-button-second_look = Second look done
review-do-police_reference = Police reference
review-hint-police_reference = It has gone out already. Check the police reference and press “Reference checked”; it then waits for no reference.
review-button-police_reference = Reference checked
review-do-ask = Ask the reporter
review-hint-ask = The notice waits for the answer and keeps its place.
review-button-ask = Send the question
review-note-ask = Your question; the reporter reads exactly this
review-do-reject = Reject
review-hint-reject = It is not published. The reporter reads the text under the reason you choose.
review-button-reject = Reject
review-note-reject = Note for colleagues (needed with “another reason”)
review-do-escalate = Escalate to a lead
review-hint-escalate = From then on only leads open it.
review-button-escalate = Escalate
review-note-escalate = What the lead should know (optional)
review-do-pause = Pause
review-hint-pause = Its page and posters are hidden at once; nothing more is sent. Can be resumed. Messages already in the groups stay: to tell those groups, remove it.
review-button-pause = Pause
review-note-pause = Note for colleagues (optional)
review-do-resume = Resume
review-hint-resume = Shown again and sent on, until its time is over.
review-button-resume = Resume
review-note-resume = Note for colleagues (optional)
review-do-remove = Remove for good
review-hint-remove = Gone at once. Every group that received it gets a correction. This cannot be undone.
review-button-remove = Remove and correct
review-note-remove = Note for colleagues (needed with “another reason”)
review-done-approve = Your approval is noted.
review-done-ask = Your question is on its way to the reporter.
review-done-reject = Rejected. The reporter is told why and what to do.
review-done-escalate = Escalated. A lead goes on from here.
review-done-release = It is back in the queue.
review-done-undo = Your approval is taken back. Nothing went out; you have the notice.
review-done-pause = Paused: its page and posters are hidden, nothing more is sent. Messages already in the groups stay; to tell those groups, remove it.
review-done-resume = Published again.
review-done-remove = Removed. The groups that received it are being told.
review-step-submit = submitted it
review-step-claim = claimed it
review-step-release = put it back
review-step-ask = asked the reporter
review-step-reply = answered
review-step-reject = rejected it
review-step-escalate = escalated it
review-step-approve = approved it
review-step-undo = took the approval back
review-step-revise = changed it
review-step-renew = asked to renew it
review-step-go_live = The undo time passed; it went out by itself
review-step-pause = paused it
review-step-resume = resumed it
review-step-close = closed it
review-step-remove = removed it
review-step-expire = Its time was over; it was taken from view and the groups were told
review-step-forsake = Nobody finished checking it; it ended by itself
review-step-pass_tip = passed a tip on
review-step-discard_tip = discarded a tip
review-step-reveal_phone = had the phone shown
review-step-refuse_phone = was refused the phone
review-step-refuse_sheet = was refused the case
review-step-erase = Its words and photos were deleted, as its keeping time was over
review-actor-reporter = Reporter
review-actor-moderator = Moderator
review-actor-lead = Lead
review-actor-policy = Review policy

# why a step was not taken; $state is the notice's present state
review-fault-title = Nothing was changed
review-fault-stale_version = It changed while you were reading and is now: { $state }. Look at it again below; what you typed is kept.
review-fault-not_possible = It is now: { $state }. That step is not possible from there; what you typed is kept.
review-fault-claimed_by_other = A colleague has it now. What you typed is kept.
review-fault-claim_required = You no longer have it: your claim has run out. Claim it again, then send; what you typed is kept.
review-fault-same_approver = You cannot approve this one: approvals come from different people, none of them its reporter.
review-fault-lead_required = Only a lead can give the approval that is still missing. Escalate it or put it back.
review-fault-police_reference_required = It cannot be approved without a police reference. Ask the reporter for it.
review-fault-too_late = Too late to undo: it has gone out or the time is over. If it is wrong, remove it and every group that received it gets a correction; if you are not sure yet, pause it first.
review-fault-forbidden = Only whoever gave the last approval can undo it.
review-fault-reason = Choose a reason.
review-fault-statement = First tick “I verified it”.
review-fault-not_found = That tip has been dealt with already.
review-fault-too_many_requests = You have had as many phones shown as one person may in a day. A colleague can take this one on.
review-fault-note = Write a note: without words this step says nothing.
review-fault-question = Write your question: the reporter has to know what is asked.
review-fault-note_too_long = This is longer than 2,000 characters. Shorten it.

# reasons: reason-CODE for moderators, reason-CODE-reporter for the reporter. None may tell a reporter what the person sought, or anybody else, said to us.
reason-verified = I verified it: I spoke to the reporter and checked the points above.
reason-verified-reporter = Volunteers verified your notice.
reason-sealed = what the reporter tells now mentions violence or a protection order
reason-sealed-reporter = What you changed is verified before it is shown again.
reason-like_sealed = it may be about the same as a case that is sealed, or was taken down to protect somebody
reason-call_back = to verify
reason-urgent_tip = for an urgent tip
reason-not_held = did not hold the case
reason-used_up = had had as many as a day allows
reason-no_police_reference = No police reference
reason-no_police_reference-reporter = Your notice was not published because we need the police's reference number. Report to the nearest police station or call 110; nobody has to wait 24 hours. Then send the notice again with the number.
reason-unclear_photo = Photo unclear, or shows others
reason-unclear_photo-reporter = Your notice was not published because of its photo. Send it again with a recent, clear photo that shows the person or thing alone.
reason-unreachable = Reporter could not be reached
reason-unreachable-reporter = Your notice was not published because we could not reach you. Check your number, keep your phone at hand, and send it again. In danger call 110.
reason-duplicate = Duplicate of another notice
reason-duplicate-reporter = This one was not published, and the same need not be submitted again. Tell what is new to the police (110).
reason-hoax = Believed to be a hoax
reason-hoax-reporter = Your notice was not published because its facts could not be confirmed. If it is true, report to the police and send it again with their reference number.
reason-left_voluntarily = Adult who left of their own will
reason-left_voluntarily-reporter = Your notice was not published: adults decide for themselves whom they tell where they are. If you fear for somebody's life, call 110; the police can check that they are well.
reason-family_dispute = Family or custody dispute
reason-family_dispute-reporter = Your notice was not published: we cannot help in disputes within a family. The women's helpline 12338, legal aid 12348 and the police at 110 can.
reason-debt = Concerns a debt
reason-debt-reporter = Your notice was not published: we do not search for people over debts. A court can help; legal aid answers at 12348.
reason-fundraising = Asks for money
reason-fundraising-reporter = Your notice was not published because it asks for money. Only charities with a filing number may, under “Donation”; in need, ask your neighbourhood committee or the civil affairs office.
reason-out_of_scope = Outside what we carry
reason-out_of_scope-reporter = Your notice was not published because it is none of our four kinds: missing people, lost and found, rescue, charity. In danger call 110; the city's hotline is 12345.
reason-other = Another reason (write a note)
reason-other-reporter = After a check, your notice is not or no longer published. You may send it again with more details; in danger call 110.
reason-false = False
reason-false-reporter = Your notice was taken down because its facts turned out not to be right. If you disagree, report to the police and send it again with their reference number.
reason-unsafe = Puts somebody in danger
reason-unsafe-reporter = After a check, your notice is no longer published. If you fear for somebody, call 110.
reason-unlawful = Against the law
reason-unlawful-reporter = Your notice was taken down because the law does not allow publishing it. Legal aid answers at 12348.
reason-requested = Removal was requested
reason-requested-reporter = After a check, your notice is no longer published. If you fear for somebody, call 110.

# figures, for leads
figures-title = Figures
figures-lead = Numbers alone, nothing about anybody. A notice counts in the time in which it came in.
figures-period = Time
figures-period-7d = Last 7 days
figures-period-30d = Last 30 days
figures-period-all = All time
figures-what = What
figures-came-in = Notices that came in within this time
figures-submitted = Submitted
figures-published = Were published
figures-to-live = From submission to publication (median)
figures-now = At this moment
figures-waiting = Waiting for a decision
figures-oldest = The oldest has waited
figures-overdue-second_look = Second look overdue
figures-overdue-police_reference = Police reference overdue

# broadcasts of one notice
broadcasts-title = Delivery log of { $case }
broadcasts-back = Back to { $case }
broadcasts-lead = Where the platform lets us, the message itself is edited or deleted; elsewhere a further message says that it is over.
broadcasts-none = Nothing has been sent about this notice.
broadcasts-purpose-alert = The notice
broadcasts-purpose-update = A change
broadcasts-purpose-closing = The end
broadcasts-purpose-correction = A correction
broadcasts-growing = more groups are being added
broadcasts-planned = Planned for
broadcasts-delivered = Delivered to
broadcasts-edited = Message edited
broadcasts-deleted = Message deleted
broadcasts-followed_up = Told by a further message
broadcasts-waiting = Waiting
broadcasts-unreachable = Unreachable
broadcasts-cancelled = Cancelled, the notice ended or changed first
broadcasts-groups =
    { $groups ->
        [one] { $groups } group
       *[other] { $groups } groups
    }
broadcasts-reasons-waiting = Why some still wait
broadcasts-reasons-unreachable = Why some could not be reached
broadcasts-outcome-gone = the chat or its robot is gone
broadcasts-outcome-config = its admin must mend a setting
broadcasts-outcome-slow = the platform asks us to wait
broadcasts-outcome-retry = did not work
broadcasts-outcome-bad = the platform refuses this message
broadcasts-outcome-moved = the chat has a new address
broadcasts-outcome-unknown = no certain answer
broadcasts-outcome-delivered = delivered in part
broadcasts-outcome-ended = not sent in time
broadcasts-outcome-quiet = its quiet hours are not over
broadcasts-outcome-resting = its chat rests for a while
broadcasts-outcome-later = put off, sent when its time comes
broadcasts-outcome-untried = its turn has not come yet
broadcasts-outcome-paused = its admin has paused it; told when it receives again
broadcasts-outcome-disabled = we have stopped sending to it
broadcasts-outcome-unverified = its robot is not verified
broadcasts-outcome-deleted = it was deleted here
broadcasts-code-connect = no connection
broadcasts-code-timeout = no answer in time
broadcasts-code-broken = the connection broke
broadcasts-code-address = its address is not a public one
broadcasts-code-stopped = restarted before an answer
broadcasts-code-internal = a fault of ours
broadcasts-code-gone = the chat or its robot is gone
broadcasts-code-failing = nothing arrived for a day

# What is wrong with a decision.
field-reason = This reason does not go with this step; “other” needs a note.
