"""The words and turns of phrase by which English sentences turn, wish, end and answer."""

from __future__ import annotations

import re

ABSENCES = frozenset(
    (
        "no", "never", "without", "zero", "nothing", "none", "fewer", "less", "nobody", "haven't",
        "hasn't", "hadn't",
    )
)  # fmt: skip
TURNS = frozenset(("but", "however", "yet", "nevertheless", "nonetheless", "whereas"))
CONCESSIONS = frozenset(("although", "though", "while", "whilst", "despite", "albeit"))
STOPS = frozenset(".!?;\n…")
CUTS = TURNS | CONCESSIONS | STOPS | {","}
"""Where a clause may end; most words need no closer look."""
ENDS_SENTENCE = frozenset(".!?\n")

RELIEF = frozenset(
    (
        "reduce", "reduces", "reduced", "reducing", "cut", "cuts", "cutting", "eliminate", "eliminates", "eliminated", "avoid",
        "avoids", "avoided", "avoiding", "prevent", "prevents", "prevented", "preventing", "catch", "catches", "caught", "detect",
        "detects", "detecting", "solve", "solves", "solved", "solving", "resolve", "resolves", "resolved", "resolving", "fixed",
        "fixes", "find", "finds", "spot", "spots", "identify", "identifies", "track", "tracks", "tracking", "handle", "handles",
        "manage", "manages", "managing", "stopped", "minimize", "minimizes", "minimise", "minimises", "fewer", "less", "removes",
    )
)  # fmt: skip
"""What these words do to trouble is good, or at least no complaint."""
ABOUT_TROUBLE = frozenset(
    (
        "report", "reports", "reporting", "log", "logs", "tracker", "tracking", "register",
        "detection", "management", "list", "dashboard", "module", "alerts",
    )
)  # fmt: skip
"""After a word of trouble these name a thing: a crash report, a bug tracker."""
TROUBLE = frozenset(
    (
        "crash", "crashes", "error", "errors", "bug", "bugs", "issue", "issues", "problem",
        "problems", "complaint", "complaints", "incident", "incidents", "risk", "risks", "fault",
        "faults", "defect", "defects", "outage", "outages", "failure", "failures", "fraud", "delay",
        "delays", "churn", "spam", "mistake", "mistakes", "downtime", "glitch", "glitches",
        "conflict", "conflicts", "threat", "threats", "difficulties", "trouble", "troubles",
        "concern", "concerns", "waste", "stress", "confusion", "frustration", "losses", "hassle",
        "headaches", "queue", "duplicates",
    )
)  # fmt: skip
FELL = frozenset(("dropped", "decreased", "fell", "vanished", "disappeared", "halved"))
ENDED = frozenset(("until", "till"))
WORSE = re.compile(
    r"\b(?:(?P<wish>(?:could|should|must|might|has to|have to|needs? to|ought to) (?:really |be |get |become |have been |do |a |lot |much |far |bit )*"
    r"(?:better|faster|easier|simpler|quicker|cheaper|clearer|smarter|slimmer|improved?|fixed|more (?!than\b)\w+|upgraded|updated)"
    r"|needs? (?:a |an |some |more |lots of |lot of |much |better |serious |urgent )*(?:work|improvement|improvements|overhaul|better|attention|polish|fixing|improving|documentation|training)"
    r"|i (?:really )?wish (?!i\b|we\b|you all|you the|them\b|your team)|wish (?:it|they|there|the)\b"
    r"|(?:hoped|expected|hoping|expecting) (?:for )?(?:a )?(?:more|better|faster|\w+er)\b"
    r"|(?:would|it'd) be (?:nice|great|good|helpful|lovely) if (?:it|they|someone|somebody|anybody|anyone|support|the) (?:\w+ )?(?:worked|answered|did|was|were|knew|listened|replied|helped|could))"
    r"|(?P<slow>(?:take|takes|took|taking|wait|waits|waited|waiting) (?:\w+ ){0,2}(?:\w+ )?(?:minutes|hours|days|weeks|months|years|clicks|steps)\b(?! off)"
    r"|(?:every|each) (?:\w+ )?(?:few|five|ten|two|three|0) minutes|for (?:\w+ )?(?:weeks|months)(?= (?:and|without|now)|$| \W)"
    r"|(?:after|since) (?:\w+ )?(?:weeks|months|reminders|calls|emails|tickets))"
    r"|(?P<quick>(?:within|in|in under|in less than) (?:a |an |the |just |only )?(?:\w+ )?(?:seconds?|minutes?|minute|hours?|same day|hour|day)\b))"
)
WORSE_BY = {"wish": -0.5, "slow": -0.4, "quick": 0.35}

COMPLAINT_WISH = re.compile(
    r"\b(?:could|should|would|might|needs? to|must|ought to|can) (?:really |also |still |all |definitely )?(?:be|do with|have been|use|get)\b"
    r"|\bi (?:really )?wish\b|\bwish (?:it|they|you|there|the|we)\b|\bif only\b|\bneeds? (?:a lot|much|some|more|better|improv|fix|work)"
    r"|\bexpect(?:ed)? (?:more|better|faster)|\broom for\b|\bshould(?:n't| not)? (?:have|not)\b|\bcould use\b"
)
REQUEST = re.compile(
    r"\bplease\b|\bwould (?:like|love|prefer|be (?:nice|good|great|helpful|useful|better|awesome|amazing|cool|lovely|handy|perfect|fantastic))\b"
    r"|\bit'?d be\b|\bi'd (?:like|love)\b|\bwe'd (?:like|love)\b|\bcan you\b|\bcould you\b|\bhope(?:fully)?\b|\bsuggest(?:ion)?s?\b"
    r"|\b(?:add|allow|include|provide|offer|introduce|enable|consider|make it|give us|bring back)\b|\blooking forward\b|\bwish ?list\b"
    r"|\bfeature request\b|\bwould (?:help|appreciate)\b|\bmore (?!than\b|or less\b)\w+|\bbetter if\b|\bhow (?:can|do|to|about)\b"
)
UNBEATEN = re.compile(
    r"\b(?:nothing|no one|nobody|not a thing|no way)(?: \S+){0,4} (?:could|can|would|needs?|to)(?: \S+){0,4} (?:better|improved?|improving|improvement|different|differently|faster|nicer)\b"
    r"|\b(?:could|can)(?:n't| not) (?:\S+ ){0,3}?(?:better|happier|faulted|fault|improved|improve|nicer|more helpful|asked? for more)\b"
    r"|\b(?:cannot|don't|do not|can't|didn't|doubt) (?:\S+ ){0,4}any(?:thing|one|body)(?: \S+){0,5} (?:better|improved?|improving|different|differently)\b"
)
"""What could not be better is praised, though it sounds like a wish."""
ANSWER = re.compile(
    r"(?:no|nothing|none|nope|nil)\b(?: (?:really|at all|much|i think|to add|to improve|comes to mind))*(?: [,.!\-])?"
    r"(?= (?:they|it|it's|i|i'm|all|everything|everyone|you|we|the|your|very|just|thanks?|thank you|keep|was|1st|excellent|great|good|perfect|superb)\b)"
)
"""A "nothing" that answers the question and says nothing of what comes after it."""
COMPARATIVES = frozenset(
    (
        "better", "faster", "quicker", "easier", "cheaper", "more", "smoother", "clearer",
        "simpler", "shorter", "earlier", "sooner", "less", "fewer",
    )
)  # fmt: skip
NOTHING = re.compile(
    r"\W*(?:(?:absolutely|really|honestly|currently|at present|at the moment|i think|for me|well|there is|there's|there was|there are) ?)*"
    r"(?:nothing|none|nope|no|n ?/ ?a|na|nil|nowt|zero|not applicable|no comments?|no changes?|no suggestions?|not a thing|nothing at all)"
    r"(?:\W+(?:really|at all|at present|at the moment|right now|so far|as yet|yet|comes to mind|i can think of|that i can think of|to add|else|for now|whatsoever|to improve|to say|to report|different|more|needed|needs|improving|changing|to change|specific|in particular))*\W*",
    re.IGNORECASE,
)
