"""A small labelled set: passages of an invented company's handbook, and questions with the passage that answers each.

Each line: a key, the heading and the text. Questions paraphrase, name names and numbers, or are typed badly.
"""

LINES = """
leave|Time off|Every employee has 27 days of paid annual holiday. Unused days expire at the end of March.
sick|Time off|If you are ill, tell your manager before nine o'clock. A doctor's note is needed from the third day on.
parental|Time off|New mothers and fathers may stay at home for sixteen weeks on full salary after a birth or adoption.
sabbatical|Time off|After five years you can take up to three months of unpaid break to travel or study.
bereave|Time off|When a close relative dies you are free for five working days; nobody asks for proof.
remote|Where we work|You may work from home up to three days a week; Tuesdays are spent together in the office.
abroad|Where we work|Working from another country is fine for 20 days a year inside the European Union.
desk|Where we work|Desks are not assigned. Book one in the seat planner by 18:00 the evening before.
parking|Where we work|The garage has twelve spaces. Visitors come first; charging electric cars is free.
badge|Where we work|A lost door badge must be reported to reception at once so that it can be blocked.
expense|Money|Receipts go into the Ledgerly app within thirty days; reimbursements arrive with the next pay run.
perdiem|Money|On business trips the daily meal allowance is 38 euros at home and 52 euros abroad.
flights|Money|Fly economy on routes shorter than six hours; trains are preferred below 500 kilometres.
hotel|Money|Rooms may cost up to 140 euros a night, 190 in London, Paris and Zurich.
card|Money|Company credit cards are issued to team leads. The monthly limit is 2,500 euros.
bonus|Money|The yearly bonus depends half on company profit and half on personal goals, and is paid in February.
payday|Money|Salaries are transferred on the 25th of the month; when that is a weekend, on the Friday before.
pension|Money|The firm doubles what you pay into the retirement plan, up to four percent of gross pay.
equity|Money|Stock options vest over four years with a one-year cliff.
laptop|Equipment|Developers choose between a ThinkPad X1 and a MacBook Pro; machines are replaced every three years.
phone|Equipment|Sales staff receive an iPhone. Others may claim 20 euros a month for using their own mobile.
monitor|Equipment|For the home office one screen, one chair and a headset are paid for, up to 600 euros.
printer|Equipment|The printer on the second floor is called Gutenberg; scan to e-mail works only there.
vpn|Security|Connect through WireGuard before opening internal tools from outside the office network.
password|Security|Passphrases need at least 14 characters and live in the Bitwarden vault, never in a text file.
mfa|Security|Every account has a second factor; hardware keys are handed out by the help desk in room 112.
phish|Security|Forward suspicious messages to abuse@norwind.example and do not click on their links.
lostpc|Security|If a computer is stolen, call the hotline 0800 552 114 so it can be wiped remotely.
classify|Security|Documents are public, internal, confidential or secret; customer contracts are confidential.
backup|Security|Databases are copied every six hours to a second region and kept for ninety days.
patch|Security|Critical vulnerabilities are fixed within 48 hours, high ones within fourteen days.
incident|Operations|The engineer on call answers a page within ten minutes and opens a channel named after the outage.
sev1|Operations|Severity 1 means that customers cannot log in or lose data; the CTO is phoned at any hour.
postmortem|Operations|Within five days of an outage its team writes down what happened, without blaming anybody.
oncall|Operations|Standby duty rotates weekly on Monday and earns 400 euros plus a day off.
deploy|Operations|Releases go out Monday to Thursday before 15:00; on Fridays only emergency fixes are shipped.
rollback|Operations|To return to the previous version run `shipit undo`; it takes about ninety seconds.
flags|Operations|New features start behind a switch and are turned on for five percent of users first.
staging|Operations|The rehearsal environment is rebuilt every night from anonymised production data.
logs|Operations|Application logs are searchable for thirty days in Loki, then archived for a year.
sla|Customers|Norwind promises 99.9 percent availability a month; below that, ten percent of the fee is refunded.
support|Customers|Support answers urgent tickets within one hour and ordinary ones by the next working day.
refund|Customers|Buyers can send a turbine kit back within 45 days and get their money back, minus shipping.
warranty|Customers|Blades are guaranteed for ten years, generators for five, electronics for two.
invoice|Customers|Invoices are due in fourteen days; reminders go out after 21, collection starts after 60.
discount|Customers|Schools and charities pay thirty percent less; resellers get fifteen.
onboardc|Customers|New clients have a kick-off call, a named success manager and a review after 90 days.
cancel|Customers|Contracts run for a year and may be ended with one month's notice by e-mail.
gdpr|Customers|Requests to delete personal data are completed within thirty days by the privacy officer, Ines Falk.
nps|Customers|Twice a year customers are asked how likely they would recommend us; the score was 61 last time.
ta200|Products|The TA-200 turbine delivers 1.8 kilowatts at 11 metres per second and weighs 46 kilograms.
ta500|Products|The TA-500 turbine delivers 4.6 kilowatts and needs a mast of at least nine metres.
inverter|Products|The inverter shows error E17 when the grid voltage is too high; press reset for ten seconds.
e23|Products|Error E23 means the brake resistor is hot: stop the rotor and let it cool for half an hour.
noise|Products|At thirty metres the small turbine is as loud as a quiet conversation, 45 decibels.
birds|Products|Black tips on the blades make birds avoid the rotor, which halves collisions.
battery|Products|The storage pack holds 7.2 kilowatt hours and keeps 80 percent of it after 4,000 cycles.
icing|Products|In winter the blades are warmed when frost is sensed; output is lowered during that time.
mount|Products|A roof must carry 120 kilograms; a structural engineer has to confirm it before installation.
permit|Products|Masts below ten metres need no building permit in most German states, except in Bavaria.
greta|People|Greta Lindqvist founded the company in Malmo in 2009 in her uncle's barn.
tom|People|Tomasz Wieczorek leads engineering; his teams are Rotor, Grid and Cloud.
amina|People|Amina Okafor is head of finance and approves every purchase above 10,000 euros.
hire|People|Interviews have three rounds: a call, a practical exercise and a meeting with the future team.
referral|People|Whoever recommends a candidate that stays six months gets 1,500 euros.
probation|People|The first six months are a trial period; either side can leave with two weeks' notice.
review|People|Performance talks take place in May and November and follow a written self-assessment.
learn|People|Each person may spend 1,200 euros and five days a year on courses and conferences.
mentor|People|Newcomers get a buddy from another department for their first ninety days.
dog|People|Dogs are welcome on Wednesdays if everybody in the room agrees.
"""
ASKED = """
leave|how much vacation do I get
sick|I have the flu, what do I need to do
sick|when do I have to bring a medical certificate
parental|we are having a baby, how long can I be off
sabbatical|can I take a longer career break
bereave|my grandmother passed away, do I get leave
remote|home office rules
abroad|may I work from Spain for two weeks
badge|I cannot find my key card
expense|how do I get money back that I spent for the company
perdiem|meal alowance on buisness trips
flights|can I book business class to Rome
hotel|maximum price of accommodation in London
bonus|when is the variable pay paid out
payday|which day does my wage arrive
pension|does the employer contribute to retirement savings
equity|vesting schedule
laptop|which notebook will I be given
monitor|budget for furnishing my workplace at home
printer|Gutenberg
vpn|how to reach internal systems from a cafe
password|minimum length of passphrases
mfa|where do I pick up a yubikey or hardware token
phish|I received a strange email asking for my credentials
lostpc|0800 552 114
lostpc|my laptop was stolen
backup|how often is data copied
patch|how fast must security holes be closed
incident|how quickly must someone react to an alarm at night
postmortem|blameless report after an outage
oncall|compensation for standby weeks
deploy|is it allowed to release on friday
rollback|shipit undo
rollback|the new release is broken, how do I go back
flags|gradual rollout of a feature
logs|how long are log files kept
sla|guaranteed uptime
refund|return policy for purchased kits
warranty|how long are generators garanteed
invoice|payment terms
discount|do non-profit organisations pay less
cancel|terminate the subscription
gdpr|who erases personal information on request
gdpr|Ines Falk
ta200|TA-200 power output
ta500|height of the mast for the larger turbine
inverter|E17
e23|what does E23 mean
noise|will my neighbours hear it
battery|capacity of the energy storage
icing|does it work in cold weather with frost
mount|can my roof bear the weight
permit|do I need planning permission
greta|who started the firm
tom|Wieczorek teams
amina|who signs off a 20,000 euro order
referral|reward for recommending a friend for a job
probation|notice period during the first half year
learn|training budget
dog|may I bring my pet to the office
"""

PASSAGES = {key: (heading, text) for key, heading, text in (row.split("|") for row in LINES.strip().splitlines())}
QUESTIONS = [(key, question) for key, question in (row.split("|") for row in ASKED.strip().splitlines())]
