"""What the demo is made of. Everything and everybody in it is invented."""

from typing import NamedTuple

CONFERENCE = "Saltmarsh Conf"
TAGLINE = "Two days of small machines and large questions"
ORGANIZER = "Olga of the Harbour Desk"

# slug, name, what is there
ROOMS = [
    ("main", "Great Hall", "The big one, with the organ. Quiet please while the light is red."),
    ("second", "Boathouse", "Down the slipway. Mind the third step."),
    ("workshop", "Ropewalk", "Long tables, many sockets. Bring your own machine."),
]
# The large demo's rooms beyond these three.
MORE_ROOMS = [
    "Lighthouse", "Net Loft", "Chandlery", "Harbour Office", "Sail Store", "Smokehouse",
    "Pilot House", "Customs Hall", "Oyster Shed", "Tide Mill", "Crow's Nest", "Signal Tower",
    "Dry Dock", "Salt Pan", "Reading Room", "Observatory", "Greenhouse",
]  # fmt: skip

# name, colour
TRACKS = [
    ("Running things", "#1f6f8b"),
    ("Making things", "#a34a28"),
    ("People and machines", "#5b4b9a"),
    ("Old code, new tides", "#3f7d3a"),
    ("Maps and clocks", "#8a6d1d"),
]


class Piece(NamedTuple):
    """Something to put on stage. `track` is an index into TRACKS; the text is Markdown."""

    title: str
    track: int
    abstract: str
    subtitle: str = ""


KEYNOTES = [
    Piece("Keep the Lights On: A Love Letter to Maintenance", 0, "Nobody gives a prize for the day on which nothing happened. Perhaps somebody should.\n\nA tour of pumps, ledgers and programs that have run for decades, and of the people who oil them."),
    Piece("Everything Is a Shared Folder in the End", 2, "Thirty years of tools for working together, and we still send each other **final_v7_really**. What people want from a document, and what they get."),
    Piece("What We Owe the Next Person", 3, "Every system is handed over one day. A closing talk about notes in the margin, honest commit messages and leaving the kitchen cleaner than you found it."),
]  # fmt: skip

TALKS = [
    Piece("Ten Thousand Tiny Queues", 0, "We replaced one enormous queue with very many small ones. It went well, then it went badly, then it went well for good.\n\nBring a question about back-pressure and leave with a better one."),
    Piece("The Database Was Fine, It Was Us", 0, "Eleven incidents, eleven times the same suspect, eleven times innocent. How to read a slow query log without shouting at it."),
    Piece("Naming Things, Volume Two", 1, "Volume one was called `utils`. This is about what came after: words that a whole team agrees on, and what to do when two of them mean the same."),
    Piece("A Cache Is a Promise You Forgot You Made", 0, "Every cache says that something will stay true for a while. We look at five that lied, and at three ways to keep them honest."),
    Piece("Postcards from the Long Tail of Bug Reports", 3, "The most useful reports that we ever got were two lines long and slightly rude. A reading, with gratitude."),
    Piece("How to Retire a Service Without a Funeral", 3, "Turning something off is harder than turning it on. A checklist, a calendar and the right biscuits."),
    Piece("What the Night Shift Taught Us About Alerts", 0, "Of 412 alerts in a month, 9 needed a person. We asked the people who were woken by the others."),
    Piece("Clocks Lie: Field Notes on Being One Hour Off", 4, "Summer time, leap seconds and a harbour that kept its own. Why *tomorrow, same time* is the hardest sentence in scheduling."),
    Piece("Reading Other People's Code for Pleasure", 3, "Novelists read novels. A walk through three programs that are worth an evening, with the lamp turned low."),
    Piece("Maps for People Who Never Look Up", 4, "Directions by smell, by bus driver and by where the bakery used to be. What navigation apps could learn from a village."),
    Piece("Forty Watts: Hosting a Town on a Solar Panel", 1, "The council's site, the library and the tide table, on one small board in an attic. Includes a chart of what fog does to uptime."),
    Piece("The Undo Button Is the Whole Product", 2, "We asked why people love our editor. It was not any of the features in the brochure."),
    Piece("Teaching Grandparents to Threat-Model", 2, "They grew up with forged ration books and party lines. It turns out that they were ahead of us."),
    Piece("Type Systems for Gardeners", 1, "Prune early, stake tall things, and never argue with the soil. An introduction without a single Greek letter."),
    Piece("Why Our Tests Are Slower Than Our Users", 1, "Forty minutes became four. Nothing clever was done; that is the talk."),
    Piece("Small Print, Large Consequences", 2, "Accessibility without heroics: twelve changes of one line each, tried with the people they are for.", "Accessibility without heroics"),
    Piece("Latency Budgets for Bread", 4, "A bakery has a hard deadline at seven in the morning. What its schedule says about ours."),
    Piece("An Honest Post-Mortem of a Very Small Outage", 0, "Four minutes, one comma, nineteen people in a call. We publish the whole transcript."),
    Piece("The Spreadsheet That Ran the Harbour", 3, "It had 61 tabs, one author and no backup. We were asked to replace it, and learned to admire it first."),
    Piece("Documentation Is a Conversation with a Tired Stranger", 2, "They have three tabs open and a deadline. Say the most useful thing first."),
]  # fmt: skip

ARABIC = Piece("كيف تصمد شبكة صغيرة أمام العاصفة", 0, "حكاية شبكة صغيرة في قرية ساحلية: ماذا تعطل، وماذا بقي يعمل، وماذا تعلمنا.")  # fmt: skip
ARABIC_SPEAKER = "ليلى حداد"

LONG = Piece("Everything We Wish Somebody Had Told Us Before We Moved Eleven Years of Mailing Lists, Two Wikis, One Very Opinionated Chat Robot and Several Hundred Volunteers to a Single Login over One Long Weekend", 2, "It is all in the title, except for the part with the robot.")  # fmt: skip

WELCOME = Piece("Welcome to Saltmarsh", 2, "Where the coffee is, where the exits are, and what to do when the tide comes in.")  # fmt: skip
LIGHTNING = Piece("Lightning Talks: Five Minutes, No Mercy", 2, "Sign up at the desk. There is a gong.")  # fmt: skip
PANEL = Piece("Who Answers the Pager When Everyone Is a Volunteer?", 0, "Four people who have, on sleep, saying no, and the art of the shared calendar.")  # fmt: skip
STATION = Piece("Hands-On: A Weather Station from a Broken Router", 1, "You will need:\n\n- a laptop with a USB port\n- patience\n- something to label things with\n\nRouters are provided, in various states of repair.")  # fmt: skip
FORM = Piece("Hands-On: Your First Form That Everybody Can Fill In", 2, "We build one form three times, and listen to it each time.")  # fmt: skip
EVENING = Piece("Evening by the Water", 2, "Soup, a fire and no slides.")  # fmt: skip

FIRST_NAMES = [
    "Ada", "Anouk", "Aylin", "Bao", "Beatriz", "Björn", "Chidi", "Dagny", "Dmitri", "Eilidh",
    "Emeka", "Esra", "Fatou", "Florian", "Giulia", "Goran", "Håkon", "Hana", "Idris", "Ilse",
    "Imani", "Ines", "Jarek", "Jóhanna", "Kaito", "Katarzyna", "Kwame", "Leilani", "Lars", "Lucía",
    "Łukasz", "Maëlle", "Mateus", "Mehmet", "Mireille", "Nadia", "Ngozi", "Niamh", "Noor", "Oisín",
    "Olena", "Øyvind", "Paavo", "Priya", "Quentin", "Ramón", "Renée", "Rohan", "Saoirse", "Sofía",
    "Søren", "Tariq", "Þóra", "Tomáš", "Ulla", "Viktor", "Wanjiru", "Xiomara", "Yuki", "Zoë",
]  # fmt: skip
LAST_NAMES = [
    "Abelson", "Aguirre", "Årdal", "Bakker", "Bondarenko", "Brightwater", "Çelik", "Costa", "Dahl",
    "de Vries", "Dlamini", "Dvořák", "Eriksen", "Faro", "Fenwick", "Ferreira", "Gärtner", "Ghosh",
    "Grünwald", "Haddow", "Haugen", "Holm", "Ibarra", "Ivić", "Jansson", "Jóhannsdóttir", "Kamau",
    "Kask", "Kowalczyk", "Lindqvist", "Loughlin", "Mäkinen", "Marsh", "Mbeki", "Molnár", "Nakano",
    "Ní Bhriain", "Novák", "Nwosu", "O’Shea", "Okafor", "Østby", "Öztürk", "Palmgren", "Peña",
    "Quill", "Rask", "Reyes", "Šimić", "Sørensen", "Sundqvist", "Tamm", "Thackeray", "Tranter",
    "Uddin", "Vásquez", "Vos", "Wójcik", "Yıldız", "Zielińska",
]  # fmt: skip

BIOGRAPHIES = [
    "{name} keeps a ferry company's timetable running and has opinions about Tuesdays.",
    "{name} repairs software that other people have given up on, and bicycles.",
    "By day {name} works for a library, by night for another library.",
    "{name} once deleted a production database and has dined out on it ever since.",
    "{name} maintains a program that you use every day without knowing it.",
    "{name} teaches evening classes, mostly to people who know better.",
    "After ten years in logistics {name} still likes lists.",
    "{name} writes about small computers and grows large pumpkins.",
    "{name} has been on call since before phones were clever.",
    "{name} designs forms for public offices and fills them in for friends.",
]

# The titles of the large demo are made of these.
VERBS = ["Taming", "Measuring", "Untangling", "Retiring", "Rescuing", "Explaining", "Shrinking", "Repairing", "Trusting", "Forgetting"]  # fmt: skip
ADJECTIVES = ["Forgotten", "Impatient", "Sleepy", "Polite", "Unreasonable", "Portable", "Leaky", "Second-Hand", "Overworked", "Seasonal"]  # fmt: skip
NOUNS = ["Parsers", "Ledgers", "Queues", "Timetables", "Backups", "Gateways", "Indexes", "Sensors", "Archives", "Compilers"]  # fmt: skip
PLACES = ["on a Boat", "at Low Tide", "in the Attic", "after Midnight", "without a Manual", "for Beginners", "by Candlelight", "in Three Alphabets", "on Forty Watts", "with Friends"]  # fmt: skip
