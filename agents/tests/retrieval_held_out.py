"""A second labelled set, which nothing was tuned on: a town library's guide, a coffee machine, a program's manual.

Written as `retrieval_set` is. Here headings differ from passage to passage, as they do in manuals.
"""

LINES = """
card|Joining|Residents get a reader's card at the counter; bring proof of your address. It costs nothing under eighteen.
guest|Joining|Tourists may use the reading rooms with a day pass for two euros.
loan|Borrowing|Books may be kept four weeks, films one week. Up to twenty items can be out at a time.
renew|Borrowing|Extend a loan twice on the website, unless another reader is waiting for the title.
reserve|Borrowing|What is checked out can be put on hold; we write to you when it lies ready, and keep it six days.
late|Fees|Overdue items cost 30 cents a day each, at most ten euros. After six weeks the replacement price is charged.
damage|Fees|For torn pages or a scratched disc you pay what a new copy costs plus three euros for handling.
hours|Visiting|Open Tuesday to Friday from ten to seven and on Saturday until two; closed on Monday.
quiet|Visiting|Telephones are silenced on the upper floor; conversations belong in the cafe.
wheel|Visiting|A lift and a ramp at the north entrance lead to every level; two toilets are wide enough for wheelchairs.
wifi|Visiting|The wireless network LeseNetz is free; its password changes daily and hangs at the desk.
copy|Services|The copier takes coins and cards; a black and white page is ten cents, colour forty.
room|Services|Study groups can hire the Humboldt room for three hours; ask a week ahead.
homebound|Services|Volunteers bring reading matter to people who cannot leave their house.
ebook|Digital|Electronic books are lent through the Onleihe app and vanish from your device by themselves.
press|Digital|With PressReader seven thousand newspapers from all over the world can be read at home.
kids|Children|On Thursday afternoons stories are read aloud to three to six year olds.
summer|Children|Whoever finishes five books in the holidays gets a certificate and an ice cream.
archive|Collections|Local history before 1900 is kept in the vault; make an appointment with Dr. Ruth Adler.
music|Collections|Scores and records stand on the second floor beside two listening booths.
sell|Collections|Discarded volumes are sold on the first Saturday of the month for one euro each.
gift|Collections|Donated books are welcome if younger than five years and clean.
first|Caffina: setting up|Rinse the tank, fill it to the MAX mark and let two cups of hot water run through before use.
beans|Caffina: setting up|The hopper holds 250 grams of roasted beans; never put ground or caramelised coffee into it.
grind|Caffina: setting up|Turn the inner ring only while the mill runs: left is finer, right is coarser.
strength|Caffina: drinks|Hold the bean button to choose between mild, normal and strong.
milk|Caffina: drinks|Put the hose into cold milk and press the cappuccino symbol; froth comes after fifteen seconds.
cups|Caffina: drinks|The spout slides up to fourteen centimetres, so that latte glasses fit below.
descale|Caffina: care|When the orange drop blinks, run the lime remover: one sachet in half a litre, about 25 minutes.
brewgroup|Caffina: care|Take the brewing unit out once a week and hold it under lukewarm water without soap.
tray|Caffina: care|Empty the drip tray when the red float shows.
err5|Caffina: faults|Message 05: the grinder is blocked by a stone. Unplug it, vacuum the hopper and turn the ring back.
err8|Caffina: faults|Message 08: the brewing unit is not seated properly. Push until it clicks.
cold|Caffina: faults|If drinks are only warm, preheat the cup and raise the temperature to level three in the menu.
eco|Caffina: power|It switches itself off after thirty minutes; keep the plus key pressed to change that.
watts|Caffina: power|Rated input 1450 W at 230 V; in standby less than half a watt.
install|tablecut: installation|`pipx install tablecut` needs Python 3.10; on Windows take the MSI file instead.
select|tablecut: usage|`tablecut -c name,age people.csv` keeps only the named columns, in that order.
filter|tablecut: usage|`--where 'age > 30'` drops rows for which the expression is false.
joinf|tablecut: usage|Two files are matched with `--join other.csv --on id`; rows without a partner are kept by --outer.
stdin|tablecut: usage|A dash in place of a file name reads standard input, so that it works in pipelines.
enc|tablecut: problems|Strange characters come from a wrong encoding: try `--encoding cp1252`.
mem|tablecut: problems|Tables larger than memory are processed with `--stream`, which cannot sort.
delim|tablecut: problems|When everything lands in one column, the separator was guessed wrong: give `--sep ';'`.
exit|tablecut: scripts|It ends with status 0, with 1 if no row matched, with 2 on bad options.
conf|tablecut: scripts|Defaults live in ~/.config/tablecut.toml; TABLECUT_CONFIG names another file.
licence|tablecut: about|Released under the MIT licence by Marta Oyelaran since 2021.
"""
ASKED = """
card|how do I become a member of the library
card|what documents do I need to sign up
guest|visiting for one day from out of town
loan|how long may I keep a DVD
loan|maximum number of books I can take home
renew|can I keep my book longer
reserve|the novel I want is out, can you keep it for me
late|I forgot to bring my books back, what does it cost
damage|my dog chewed a book
hours|is the library open on Mondays
quiet|may I make phone calls
wheel|is the building accessible for disabled visitors
wifi|how do I get onto the internet with my laptop
copy|price of a colour photocopy
room|where can our learning group meet
homebound|my grandfather is bedridden and likes to read
ebook|reading on a kindle or tablet
press|Pressreader
kids|is there something for toddlers
archive|old documents about our town
archive|Ruth Adler
music|listen to vinyl
sell|buy cheap used books
gift|can I give you my old novels
first|what to do before making the first coffee
beans|can I use coffee powder
grind|my espresso runs too fast, how to make it finer
strength|make the coffee weaker
milk|foam for cappucino
cups|tall glass does not fit
descale|orange light is flashing
descale|removing limescale
brewgroup|how often should I clean the brew unit
err5|message 05
err8|08
cold|coffee is not hot enough
eco|stop it from turning off automatically
watts|electricity consumption
install|how to install on windows
select|choose certain columns
filter|only show rows over a threshold
joinf|--outer
stdin|use with a pipe
enc|umlauts look broken
mem|file does not fit into RAM
delim|semicolon separated file is read as a single column
exit|what does exit code 1 mean
conf|where are the settings stored
licence|who wrote tablecut
"""

PASSAGES = {key: (heading, text) for key, heading, text in (row.split("|") for row in LINES.strip().splitlines())}
QUESTIONS = [(key, question) for key, question in (row.split("|") for row in ASKED.strip().splitlines())]
