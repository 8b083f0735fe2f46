# web: the frame of every page, problems, and the words all stations share

site-name = Seventy-Two (72小时)
skip = Skip to the content
nav-page = Page settings
nav-language = 中文
nav-language-tag = zh-CN
nav-larger = Larger text
nav-smaller = Standard text
nav-work = Your work
nav-review = Review
nav-groups = My groups
nav-foot = Useful links
nav-report = Report
nav-check = Check a number
nav-safety = Safety and privacy
nav-docs = API
call-danger = Somebody in danger? First call
call-110 = police
call-12338 = women's helpline
call-12356 = crisis line
call-120 = ambulance
call-119 = fire
call-missing = Never wait 24 hours to report a missing person.
foot-note = Volunteers check every notice, free of charge. We never ask anybody for money or for a code.
contact = How to reach the operator: { $contact }

kind-missing_person = Missing person
kind-lost_property = Lost and found
kind-rescue = Rescue
kind-donation = Donation

state-submitted = waiting to be checked
state-in_review = being checked
state-needs_info = waiting for more information
state-escalated = escalated to a lead
state-second_review = waiting for a second check
state-cooling = about to be published
state-live = published
state-paused = paused, being checked again
state-rejected = not accepted
state-closed = over
state-expired = ended after its time
state-removed = taken down
state-erased = deleted

# what became of a notice in the groups
sum-received =
    { $groups ->
        [0] No group has received it.
        [one] One group received it.
       *[other] { $groups } groups received it.
    }
sum-perhaps =
    { $groups ->
        [one] One group may have received it: its platform did not say.
       *[other] { $groups } groups may have received it: their platform did not say.
    }
sum-edited =
    { $groups ->
        [one] In one group the message was edited and no longer shows the notice.
       *[other] In { $groups } groups the message was edited and no longer shows the notice.
    }
sum-deleted =
    { $groups ->
        [one] In one group the message was deleted.
       *[other] In { $groups } groups the message was deleted.
    }
sum-followed_up =
    { $groups ->
        [one] One group was told by a further message.
       *[other] { $groups } groups were told by a further message.
    }
sum-waiting =
    { $groups ->
        [one] Sending to one group is not finished.
       *[other] Sending to { $groups } groups is not finished.
    }
sum-waiting-over =
    { $groups ->
        [one] One group is still to be told that it is over.
       *[other] { $groups } groups are still to be told that it is over.
    }
sum-paused =
    { $groups ->
        [one] One group is told when it receives again.
       *[other] { $groups } groups are told when they receive again.
    }
sum-unreachable =
    { $groups ->
        [one] One group could not be reached.
       *[other] { $groups } groups could not be reached.
    }

problem-not_json = What was sent cannot be read
problem-not_json-detail = The body is not valid JSON. Check its form and send it again.
problem-wrong_content_type = Wrong kind of content
problem-wrong_content_type-detail = Send the Content-Type that the API's documentation names.
problem-too_large = Too large
problem-too_large-detail = At most { $size } can be sent. Make the photo smaller or the text shorter, then try again.
problem-too_slow = It took too long
problem-too_slow-detail = What you sent did not arrive in time. Check the connection, then send it again.
problem-invalid_fields = A few things need correcting
problem-invalid_fields-detail = Correct each as explained beside it, then send again. What you filled in is still there.
problem-login_required = Please log in
problem-login_required-detail = This page is for volunteers and group admins. You can go on after logging in.
problem-login_refused = You are not logged in
problem-login_refused-detail = The name, the password or the code is wrong. Check them and try again with a new code.
problem-forbidden = Your account may not do this
problem-forbidden-detail = If you think it should, ask whoever gave you the account.
problem-cross_site = Please use our own page
problem-cross_site-detail = This was not sent from our page, or the page was open for too long. Open the page again and retry.
problem-not_found = There is no such page
problem-not_found-detail = The link may be incomplete or too old. Check it, or go to the home page.
problem-method_not_allowed = That cannot be done here
problem-method_not_allowed-detail = This address does not take that kind of request. Start again from the home page.
problem-case_unknown = No such number
problem-case_unknown-detail = We never issued this number. If it stands in a “72小时” message, that message is false: do not forward it, and do not call its telephone number.
problem-case_malformed = This is not a case number
problem-case_malformed-detail = A case number is ten letters or digits, written XXXXX-XXXXX. Compare it with the original and type it again.
problem-manage_link_invalid = This manage link does not work
problem-manage_link_invalid-detail = It may not have been copied whole, or the notice was deleted. Open the whole link again from where you kept it.
problem-idempotency_key_reused = The same key came twice
problem-idempotency_key_reused-detail = This Idempotency-Key was used for other content. Take a new key for new content.
problem-claimed_by_other = Another volunteer has this one
problem-claimed_by_other-detail = Take the next in the queue. This one is free again when they finish or their time runs out.
problem-claim_required = Claim this one first
problem-claim_required-detail = You have not claimed it, or your claim has run out. Claim it again, then go on.
problem-stale_version = This notice has changed
problem-stale_version-detail = It is now: { $state }. Reload the page and read what is new before you decide.
problem-same_approver = Another volunteer must do this
problem-same_approver-detail = Approvals come from different people, none of them the reporter. You have approved it or handed it in: leave it to a colleague.
problem-lead_required = A lead must do this
problem-lead_required-detail = Only a lead may decide this one. Escalate it, or call the lead on duty.
problem-police_reference_required = The police reference is missing
problem-police_reference_required-detail = Such a notice needs a police reference before it is published. Ask the reporter for it and check it by calling the station's public number.
problem-too_late = Too late to undo
problem-too_late-detail = The time to undo is over. If it should not be out, remove it at once; if you are not sure yet, pause it first.
problem-not_possible = That cannot be done now
problem-not_possible-detail = It is now: { $state }. Reload the page to see what can be done.
problem-not_possible-cooling-detail = It is now: { $state }. Nothing has gone out yet: whoever gave the last approval can undo it, and every volunteer can remove the notice.
problem-not_possible-renewed_out-detail = This notice was renewed 3 times, which is the most. When its time has run out, submit it again: the form is filled in already, and volunteers verify it from the start.
problem-not_possible-published-detail = It is now: { $state }. What has been published, and an edit of it, is neither asked about nor escalated. Approve or reject the edit; to ask first, have the reporter’s phone shown and call. Where the notice itself is in doubt, pause it.
problem-photo_refused = This photo cannot be used
problem-not_redeliverable = This cannot be sent again
problem-not_redeliverable-detail = Only what was given up and is still true is sent again.
problem-group_exists = This group is connected already
problem-group_exists-detail = Look under “My groups”. If somebody else connected it, ask them, or use another bot.
problem-too_many_groups = This account has as many groups as it can have
problem-too_many_groups-detail = One account holds up to { $most } groups. Delete those that are no longer used, or ask for another account.
problem-wrong_code = The code is wrong
problem-wrong_code-detail =
    { $left ->
        [0] This code cannot be tried any more. Send a new one.
        [one] Compare it with the newest six digits in the group and try again: { $left } try is left.
       *[other] Compare it with the newest six digits in the group and try again: { $left } tries are left.
    }
problem-code_expired = The code is too old
problem-code_expired-detail = Send a new code, then type the newest digits in the group.
problem-group_unreachable = The message did not reach the group
problem-group_unreachable-detail = The platform answered: { $code }. Check the bot's address and secret and that it is still in the group, then try again.
problem-too_many_requests = Too many requests
problem-too_many_requests-detail = Wait { $wait } and try again. In an emergency call 110.
problem-too_many_requests-at_work-detail = Wait { $wait } and try again.
problem-too_many_requests-new_code-detail = The code was tried too often and can no longer be used; it expires in { $wait }. Send a new code, and type in the digits that arrived in the chat last.
wait-seconds = { $number ->
    [one] { $number } second
   *[other] { $number } seconds
}
wait-minutes = { $number ->
    [one] { $number } minute
   *[other] { $number } minutes
}
wait-hours = { $number ->
    [one] { $number } hour
   *[other] { $number } hours
}
problem-internal_error = Something went wrong on our side
problem-internal_error-detail = Try again in a few minutes. In an emergency call 110. When you contact us, tell us the number below.
back-review = Back to the review queue
try-again = Try again
back-home = Go to the home page
go-back = Go back one page: what you wrote is still there.
request-number = Request number: { $id }

# What is wrong with a photo, and what to do.
photo-photo_empty = No photo arrived. Please choose one again.
photo-photo_too_many_bytes = The photo is larger than 8 MB. Choose a smaller one, or upload a screenshot of it.
photo-too_many = Up to 5 photos. Leave some out.
photo-photo_too_many_pixels = The photo has too many pixels. Upload a screenshot of it instead.
photo-photo_too_small = The photo is too small to see anything. Choose a clearer one.
photo-photo_not_a_picture = This file is not a photo. Choose a JPEG, PNG or WebP picture.
photo-photo_heic = This is a HEIC or AVIF file, which many phones cannot open. Take a screenshot of the photo and upload that.
photo-photo_gif = Animations are not taken. Upload a screenshot of it instead.
photo-photo_truncated = The photo did not arrive whole. Check your connection and upload it again.
photo-photo_damaged = The photo is damaged and cannot be read. Choose another, or upload a screenshot of it.

field-named = { $label }: { $sentence }
