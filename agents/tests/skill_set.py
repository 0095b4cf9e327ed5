"""A third labelled set: the summaries of a hundred skills, and thirty tasks with the skill that each calls for.

Written as `retrieval_set` is; the heading is the skill's name.
"""

LINES = """
pdf|pdf|Read, split, merge and fill in PDF files. Use for forms and scanned papers.
docx|docx|Write and edit Word documents with headings, tables and tracked changes.
xlsx|xlsx|Build spreadsheets with formulas, charts and pivot tables.
pptx|pptx|Make slide decks from an outline, with speaker notes.
csvclean|csv-cleaning|Repair messy tables: duplicates, mixed dates, missing cells.
sqlq|sql-queries|Write and tune SELECT statements; explain why one is slow.
pgmig|postgres-migrations|Change a live database schema without locking it.
pytest|python-tests|Write pytest tests with fixtures that fail for the right reason.
tsref|typescript-refactoring|Tighten types and split large TypeScript modules.
react|react-components|Build accessible React components with hooks.
css|css-layout|Lay pages out with grid and flexbox for every width.
a11y|accessibility-audit|Check a site against WCAG and name each barrier with its cure.
seo|seo-audit|Find why pages rank badly in search engines: titles, links, speed.
copy|landing-copy|Write persuasive text for landing pages.
newsl|newsletter|Compose a monthly mailing with subject lines that get opened.
tweet|social-posts|Short posts for LinkedIn, Mastodon and X from a longer text.
press|press-release|Announce news to journalists in the usual form.
blog|blog-post|Draft an article with a hook, sections and a call to action.
edit|copy-editing|Correct grammar and cut words without changing the meaning.
transl|translation|Translate between German, French, Spanish and English, keeping tone.
minutes|meeting-minutes|Turn a transcript into decisions, owners and due dates.
interv|interview-questions|Prepare structured questions for a job interview.
jobad|job-advert|Write a fair vacancy notice.
cv|cv-screening|Compare applications with a profile, without bias.
onboard|onboarding-plan|Plan a newcomer's first thirty, sixty and ninety days.
review|performance-review|Phrase feedback for a yearly appraisal.
contract|contract-review|Mark risky clauses in agreements and suggest safer wording.
nda|nda|Draft a confidentiality agreement.
gdpr|data-protection|Assess the handling of personal data under the GDPR.
invoice|invoicing|Make out bills with VAT and reminders for unpaid ones.
budget|budget-planning|Forecast income and spending for the next year.
tax|expense-report|Sort receipts into categories and add them up.
ratios|financial-ratios|Compute liquidity, margin and debt figures from a balance sheet.
pitch|investor-pitch|Tell a start-up's story to venture capitalists.
comp|competitor-analysis|Compare rivals' prices, features and reviews.
survey|survey-design|Ask unbiased questions and choose scales.
stats|statistics|Choose a significance test and report effect sizes.
abtest|ab-testing|Plan an experiment with two variants and its sample size.
viz|charts|Pick the right diagram for numbers and label it well.
geo|maps|Draw places and routes from coordinates.
scrape|web-scraping|Extract structured data from web pages politely.
api|rest-api-design|Design endpoints, errors and versioning.
openapi|openapi-docs|Describe an HTTP interface in an OpenAPI file.
graphql|graphql|Model a schema and avoid N+1 resolvers.
docker|dockerfiles|Write small container images that build fast.
k8s|kubernetes|Debug pods that crash, hang or get evicted.
tf|terraform|Describe cloud infrastructure as code and plan changes.
ci|ci-pipelines|Speed up and repair GitHub Actions workflows.
gitx|git-rescue|Recover lost commits, undo merges, split changes.
pr|pull-request-review|Review a diff for bugs, naming and missing tests.
commitm|commit-messages|Phrase what changed and why in the imperative.
release|release-notes|Summarise merged changes for users.
semver|versioning|Decide whether a change is major, minor or patch.
logs|log-analysis|Find the first error in gigabytes of log lines.
incid|incident-response|Lead an outage: roles, timeline, updates to customers.
postm|postmortem|Write a blameless account of what went wrong.
perf|profiling|Find where a program spends its time and memory.
load|load-testing|Put a service under pressure and find its limit.
sec|security-review|Look for injection, broken access control and leaked secrets.
threat|threat-modelling|List attackers, assets and defences of a design.
crypto|cryptography|Choose ciphers, key sizes and password hashing.
deps|dependency-updates|Upgrade libraries and deal with breaking changes.
licence|licence-check|Tell whether open-source licences fit together.
arch|architecture-decision|Record a choice, its context and its consequences.
diagram|diagrams|Draw flow charts and sequences in Mermaid.
regex|regular-expressions|Build and explain patterns for matching text.
shell|shell-scripts|Write safe Bash that handles blanks and failures.
rust|rust-ownership|Resolve borrow checker complaints.
go|go-concurrency|Use goroutines and channels without leaks or races.
java|spring-boot|Set up controllers, beans and tests in Java.
android|android-app|Build screens with Kotlin and Compose.
ios|ios-app|Build screens with Swift and SwiftUI.
game|game-mechanics|Balance levels, rewards and difficulty.
ml|model-training|Train classifiers and judge them on held-out data.
rag|retrieval|Tune chunking, embeddings and ranking of passages.
prompt|prompt-writing|Make instructions for language models clear and short.
evals|model-evaluation|Score a language model's answers with a rubric.
img|image-editing|Crop, resize and convert photographs.
logo|logo-brief|Describe a mark and its colours for a designer.
brand|brand-voice|Keep texts in a company's tone.
palette|colour-palette|Choose colours with enough contrast.
icons|icons|Draw simple SVG pictograms.
video|video-script|Write scenes and narration for a short film.
podcast|podcast-editing|Cut pauses and level voices in recordings.
subs|subtitles|Time captions to speech.
music|chord-charts|Write down songs with chords.
recipe|cooking-recipes|Scale ingredients and plan courses.
diet|meal-plan|Plan a week of food within calories and allergies.
fit|workout-plan|Plan strength and endurance training.
travel|itinerary|Plan a journey day by day with trains and hotels.
event|event-planning|Organise a conference: rooms, speakers, catering.
lesson|lesson-plan|Prepare a school class with aims and exercises.
quiz|quiz-writing|Write multiple choice questions with good distractors.
flash|flashcards|Make cards for spaced repetition.
thesis|literature-review|Search papers and sum up the state of research.
cite|citations|Format references in APA, MLA and Chicago style.
grant|grant-proposal|Apply for research money.
support|support-reply|Answer an angry customer kindly and solve the problem.
faq|help-articles|Turn repeated questions into a help centre.
crm|sales-follow-up|Write to a lead who stopped answering.
"""
ASKED = """
pdf|fill in this application form and send it back as a PDF
xlsx|make me a spreadsheet that adds up my costs per month
pptx|I have to give a talk on Friday, turn this outline into slides
csvclean|this export has the same customer three times and dates in two formats
sqlq|our report query takes forty seconds, make it quick
pgmig|add a column to a table with 200 million rows in production
a11y|can blind people use our homepage?
seo|Google does not show our shop anymore
minutes|here is what was said in the call, who has to do what until when?
contract|is there anything dangerous in this lease?
invoice|bill the client for eleven hours with VAT
comp|what do our three main rivals charge?
stats|is the difference between the two groups real or chance?
scrape|collect all prices from this catalogue site
k8s|my pod is in CrashLoopBackOff
ci|our GitHub Actions run takes half an hour
gitx|I did a hard reset and my work is gone
pr|look over my changes before I merge them
release|tell our users what is new in 4.2
postm|write up yesterday's outage without blaming anybody
perf|the program eats 3 GB of memory, why?
sec|can anybody break into this login code?
regex|match all German phone numbers
rust|error: cannot borrow as mutable more than once
diet|what should I eat this week, I am allergic to nuts
travel|four days in Lisbon by train
lesson|teach fractions to ten year olds in 45 minutes
cite|put these sources into APA format
support|a client wrote that our product is garbage, what do I answer?
transl|say this in French
"""

PASSAGES = {key: (heading, text) for key, heading, text in (row.split("|") for row in LINES.strip().splitlines())}
QUESTIONS = [(key, question) for key, question in (row.split("|") for row in ASKED.strip().splitlines())]
