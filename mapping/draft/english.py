"""The English lexicon."""

from __future__ import annotations

from mapping.draft.words import Lexicon, Tag, lexicon

_IRREGULAR = {
    "grow": "grew grown",
    "cut": "",
    "bring": "brought",
    "hit": "",
    "get": "got gotten",
    "keep": "kept",
    "hold": "held",
    "win": "won",
    "sell": "sold",
    "run": "ran",
    "write": "wrote written",
    "build": "built",
    "find": "found",
    "rise": "rose risen",
    "make": "made",
    "give": "gave given",
    "send": "sent",
    "take": "took taken",
    "go": "went gone",
    "drive": "drove driven",
    "shrink": "shrank shrunk",
    "read": "",
    "teach": "taught",
}
_DOUBLED = frozenset({"cut", "ship", "drop", "run", "win", "get", "hit", "plan", "map", "swim", "trim", "tag", "step"})


def verb_forms(verb: str) -> set[str]:
    """Return a verb with its third person, past and participles; of a phrase the first word is the verb."""
    first, space, rest = verb.partition(" ")
    stem = first.removesuffix("e")
    ending = first + first[-1] if first in _DOUBLED else stem
    third = (
        first[:-1] + "ies" if _in_ies(first) else first + ("es" if first.endswith(("s", "sh", "ch", "x", "z")) else "s")
    )
    past = first[:-1] + "ied" if _in_ies(first) else f"{ending}ed"
    forms = {first, third, f"{ending}ing", *(_IRREGULAR[first].split() if first in _IRREGULAR else [past])}
    return {f"{form}{space}{rest}" for form in forms}


def _in_ies(verb: str) -> bool:
    return verb.endswith("y") and verb[-2:-1] not in tuple("aeou")


_MAKE = """
    offset*, gather*,
    recruit*, hire*, sign*, sign up*, onboard*, publish*, ship*, launch*, release*, deliver*, deploy*, close*,
    win*, acquire*, generate*, sell*, write*, create*, build*, open*, organise*, organize*, host*, run*, hold*,
    conduct*, train*, interview*, fix*, resolve*, solve*, answer*, respond*, reply*, replied, merge*, migrate*,
    automate*, document*, complete*, finish*, finalise*, finalize*, implement*, install*, replace*, retire*,
    remove*, eliminate*, delete*, sunset*, decommission*, introduce*, establish*, roll out*, set up*, submit*,
    file*, register*, validate*, approve*, adopt*, certify*, obtain*, earn*, secure*, raise*, gain*, collect*,
    plant*, run a, visit*, meet*, call*, contact*, book*, schedule*, review*, test*, audit*, integrate*, add*,
    record*, produce*, process*, present*, speak*, read*, learn*, walk*, swim*, save*, donate*, invest*, identify*,
    convert*, activate*, enroll*, enrol*, graduate*, cover*, define*, draft*, design*, develop*, upgrade*, renew*,
    move*, switch*, pass*, appoint*, select*, choose*, redesign*, rebuild*, rewrite*, refactor*, translate*,
    digitise*, digitize*, get certified, go live, cook*, exercise*, practise*, practice*, do, give*, send*, make,
    hand over*, kick off*, pilot*, prototype*, attend*, refer*, attract*, engage*, renovate*, invite*, help*,
    support*, serve*, mentor*, coach*, educate*, teach*, ensure, negotiate*, consolidate*, spend*, drink*, sleep*,
    eat*, meditate*, call home, handle*, ticket*, perform*, announce*, unify*, archive*, map*
"""
_CUES = {
    Tag.UP: """
        increase*, grow*, raise*, boost*, improve*, lift*, expand*, rise*, climb*, up, uplift, growth, increment*,
        drive up, scale*, accelerate*, enhance*, strengthen*, maximise*, maximize*, elevate*, ramp up*, push up*,
        higher, gain* of, augment*, bump*, jump*, surge*, extend*,  improvement, go up*
    """,
    Tag.DOWN: """
        lose*, lost,
        decrease*, reduce*, cut*, lower*, drop*, shrink*, decline*, minimise*, minimize*, slash*, trim*, fall*,
        down, bring down*, drive down*, reduction, diminish*, shorten*, lessen*, halving, curb*, shave*,
         cut down*, go down*, speed up*,  lower
    """,
    Tag.CHANGE: """
        move*, bring*, go*, take*, shift*, get*, push*, drive*, change*, evolve*, turn*, transition*, pass*
    """,
    Tag.REACH: """
        reach*, hit*, achieve*, attain*, get to*, get*, score*, obtain*, earn*, cross*, have, secure*, arrive at,
        close the year at, end the year at, target*, reached
    """,
    Tag.HOLD: """
        keep*, maintain*, stay*, remain*, hold*, retain*, sustain*, preserve*, guarantee*, ensure*, stabilise*,
        stabilize*
    """,
    Tag.MAKE: _MAKE,
    Tag.SERVE: """
        answer*, respond*, reply*, replied, process*, handle*, resolve*, deliver*, onboard*, solve*, fix*, treat*,
        acknowledge*, close tickets, response, delivery, return*, review*, pay*, refund*
    """,
    Tag.MADE: """
        launched, live, shipped, released, published, delivered, deployed, completed, finished, in place, signed,
        obtained, achieved, certified, done, in production, implemented, installed, rolled out, hired, online,
        opened, approved, validated, migrated, closed, operational, available, launch of, release of,
        publication of, delivery of, completion of, rollout of, migration of, migration to, deployment of, set up,
        up and running, set live, written, signed off, merged, integrated, established, retired, replaced, in use,
        ready, adopted, documented, defined, launch, go live, get certified, become certified, be certified,
        be compliant, become compliant
    """,
    Tag.EFFORT: """
        work on*, work*, focus on*, focus*, continue*, try*, explore*, think about, think*, aim to, strive*,
        participate in, participate*, contribute*, keep working, look into, look at, investigate*, discuss*,
        care about
    """,
    Tag.FINISH: """
        run a, run an,
        launch*, ship*, publish*, release*, deploy*, sign*, win*, open*, migrate*, complete*, finish*, finalise*,
        finalize*, install*, replace*, retire*, remove*, eliminate*, delete*, sunset*, decommission*, introduce*,
        roll out*, set up*, submit*, file*, register*, validate*, approve*, adopt*, certify*, obtain*, close*,
        hire*, implement*, document*, pass*, move*, switch*, renew*, upgrade*, write*, appoint*, select*, choose*,
        go live, get certified, kick off*, hand over*, redesign*, rebuild*, rewrite*, automate*, raise the, host*,
        organise*, organize*, run a, hold a, hold the, conduct*, recruit*, secure*, sell the, announce*,
        become certified, negotiate*, digitise*, digitize*, archive*, integrate*, unify*, merge*, translate*,
        become compliant, renovate*, earn*, run the, refactor*, pilot*, test*, audit*, consolidate*, onboard a,
        move to, buy*, purchase*, pay off*, quit*, book*, file the, acquire*, put in place, complete the, run an
    """,
    Tag.BUILD: """
        create*, build*, develop*, deliver*, establish*, design*, define*, draft*, produce*, present*, prepare*,
        plan*, learn to, map*, get a, get the
    """,
    Tag.VAGUE: """
        better, best, great, greater, greatest, amazing, excellent, more, world class, leading, leader, leaders,
        stronger, strong, faster, smarter, happier, happy, awesome, outstanding, well, good, modern, sustainable,
        people first, number one, the go to, further, easier, simpler, closer, deeper, delightful, exceptional,
        efficient, efficiently, proactive, agile, quicker
    """,
    Tag.SOFT: """
        culture, trust, value, happiness, synergy, synergies, awareness, mindset, innovation, innovative,
        experience, experiences, excellence, relationship, relationships, alignment, collaboration, communication,
        visibility, engagement, morale, quality, efficiency, productivity, transparency, momentum, partnerships,
        teamwork, loyalty, growth, impact, success, satisfaction, credibility, hearts, minds, leadership,
        ownership, accountability, spirit, reputation, resilience
    """,
    Tag.FROM: "from, starting from, starting at, up from, down from",
    Tag.LIMIT: "limit*, cap*, restrict*, not exceed, never exceed",
    Tag.TO: "to, up to, →, until, till, towards, toward, upto, into, at",
    Tag.BY: "by, an additional",
    Tag.OF: "of, in",
    Tag.BASE: """
        currently, today, now, current, baseline, at present, presently, up from, down from, versus, vs, against,
        compared with, compared to, instead of, rather than, was, previously, starting point, at the start,
        starting at, as of today, we are at, is now, right now, starting value, last year, last quarter,
        last month
    """,
    Tag.AT_LEAST: """
        at least, >=, minimum, min, a minimum of, minimum of, no less than, no fewer than, not less than,
        not below, never below, no lower than, not under, greater than or equal to, more than or equal to,
        above or equal to, equal to or above, equal to or greater than, superior or equal to
    """,
    Tag.MORE: """
        more than, above, over, greater than, higher than, exceed*, surpass*, beat*, >, in excess of, superior to,
        better than, upwards of, beyond, north of, overtake*, top*
    """,
    Tag.AT_MOST: """
        at most, <=, maximum, max, a maximum of, maximum of, no more than, not more than, up to, not exceed,
        never exceed, no higher than, not above, never above, no greater than, not exceeding, without exceeding,
        less than or equal to, below or equal to, equal to or below, limit*, cap*, capped at, limited to,
        in no more than, in at most, not over, no longer than, within
    """,
    Tag.LESS: """
        in less than, in under, in fewer than, less than, below, under, fewer than, lower than, <, beneath,
        inferior to, smaller than, shorter than, south of
    """,
    Tag.STRICT: "strictly",
    Tag.OR_MORE: """
        or more, or above, or higher, or better, or over, or greater, and above, minimum, min, at least,
        at minimum, plus, and up
    """,
    Tag.OR_LESS: """
        or less, or fewer, or below, or lower, or under, maximum, max, at most, tops, at maximum, or faster
    """,
    Tag.UP_BY: """
        higher than, more than, greater than, bigger than, faster than,
        more, higher, additional, extra, increase, growth, rise, uplift, improvement, gain, faster, further, boost,
        up, bigger
    """,
    Tag.DOWN_BY: """
        lower than, less than, fewer than, smaller than, shorter than, cheaper than,
        less, fewer, lower, decrease, reduction, drop, decline, cut, cheaper, off, saving, savings, down, shorter,
        smaller
    """,
    Tag.BETWEEN: "between, in the range, within the range, in a range",
    Tag.AND: "and, &",
    Tag.TIMES: "times, ×, x, fold, time",
    Tag.TIMES_UP: """
        times more, times as many, times as much, times higher, times greater, times bigger, times faster,
        times the, times as, times our, fold more, fold increase, x more, × more, times larger, times what
    """,
    Tag.TIMES_DOWN: """
        times fewer, times less, times lower, times smaller, times cheaper, fold decrease, fold reduction,
        times shorter
    """,
    Tag.FACTOR: "multiply by, multiplied by, by a factor of, times, grow by a factor of, increased by a factor of",
    Tag.DIVIDE: """
        divide by, divided by, reduced by a factor of, cut by a factor of, down by a factor of,
        reduce by a factor of
    """,
    Tag.OUT_OF: "out of, of every, in every",
    Tag.PERCENT: "%, percent, per cent, pct",
    Tag.POINTS: "points, point, pts, pt, p",
    Tag.PERCENTAGE_POINTS: """
        pp, pps, ppt, ppts, percentage points, percentage point, percent points, % points, points of percentage
    """,
    Tag.SCORE_POINTS: "score points, points of score, nps points, point of score, score point",
    Tag.DEFINITE: "the, our, these, those, all, my, your, its, their, existing, both, each of",
    Tag.FILLER: """
        crash free, error free, incident free, defect free, accident free, waste free, bug free, spam free,
        about, around, roughly, approximately, approx, some, just, only, ca, circa, nearly, almost, a total of,
        an average of, average, total, overall, a whopping, an overall, level, mark, that is, equals, equal to, =,
        ~, is, be, are, a, an, average of, as many as
    """,
    Tag.ARTICLE: "a, an, one",
    Tag.WHO: "who, that, which, whose, with, having, where",
    Tag.WITHIN: """
        within, in, in under, in less than, under, in no more than, in at most, less than, after, inside,
        in fewer than
    """,
    Tag.DEADLINE: """
        for, over, over the next, in the next, within the next, during, throughout, after, in the coming,
        in the first, over the last, by the end of, in the last, past, next, last, every, first
    """,
    Tag.MONTH_NAME: """
        january, february, march, april, june, july, august, september, october, november, december, jan, feb, apr,
        jun, jul, aug, sep, sept, oct, nov, dec, may
    """,
    Tag.NAMED: """
        ios, android, macos, iphone,
        iso, iec, soc, level, version, phase, step, stage, release, tier, windows, python, java, web, category,
        class, room, article, section, pci, chapter, priority, type, wave, series, number, no ., #, q, h, year,
        week, sprint, cohort, quarter, half, fy, day, generation, gen, rule, model, iteration, milestone, epic,
        ticket, project, building, floor, covid, rfc, nis, scope, gate, horizon
    """,
    Tag.TOP: "top, the top",
    Tag.STOCK: "recurring, active, returning, run rate, newsletter, report, meeting",
    Tag.SCORE: """
        nps, enps, csat, score, scores, rating, rated, ratings, stars, star, grade, satisfaction, index, mark,
        note, net promoter, promoter score, review score, ces, sus, uptime, availability
    """,
    Tag.RATE: """
        rate, rates, ratio, share, percentage, proportion, churn, conversion, participation, margin, coverage,
        utilisation, utilization, adoption, retention, occupancy, absenteeism, attrition, percent of, uptime,
        availability, bounce, yield, rate of
    """,
    Tag.BAD: """
        churn, attrition, bugs, bug, incidents, incident, outages, outage, errors, error, defects, defect,
        complaints, complaint, cost, costs, latency, delay, delays, downtime, absenteeism, waste, emissions,
        accidents, accident, injuries, injury, crashes, crash, crash reports, vulnerabilities, vulnerability,
        response time, lead time, cycle time, time to, backlog, debt, expenses, spend, refunds, refund, returns,
        return rate, bounce, bounce rate, failures, failure, late, overdue, cac, acquisition cost, time to market,
        resolution time, delivery time, loading time, load time, wait time, waiting time, processing time, burn,
        escalations, escalation, rework, spam, screen time, page load, unsubscribes, cancellations, no shows, p1,
        p0, sev1, burn rate, failure rate, error rate,  data breaches, breaches, fatalities, lost time,
        unplanned, lost days, abandonment, dropout, drop off, mttr, cost of, deaths, regressions, violations,
        missed, staff turnover, employee turnover, late deliveries, open bugs, open bug, open tickets, open defects,
        open incidents, open issues, open complaints
    """,
    Tag.NONE: "no, none, without, not a single, zero",
    Tag.BETTER: "improve*, improvement, enhance*, optimise*, optimize*",
    Tag.GAIN: "gain*, add*, pick up*",
    Tag.LOSE: "lose*, lost, shed*, shave off*, take off*",
    Tag.MULTIPLIES: "multiply*",
    Tag.DIVIDES: "divide*",
    Tag.DONE: "done or not done, done / not done",
    Tag.PLACE: """
        on, for, across, at, by, in, from, during, as, and, per, with, to, before, after, over, since, through,
        via, this, next, is, are, or, than, until, among
    """,
}
_VALUED: dict[Tag, dict[str, str | int]] = {
    Tag.MULTIPLE: {
        "double*, doubling, twice as many, twice as much, twice the, twice as, twice our, a doubling of": 2,
        "triple*, tripling, treble*": 3,
        "quadruple*, quadrupling": 4,
        "halve*, halving, cut in half, half as many, half as much, reduce by half, in half": "0.5",
        "quintuple*": 5,
        "tenfold, ten fold": 10,
        "twofold, two fold": 2,
        "threefold, three fold": 3,
        "fivefold, five fold": 5,
        "fourfold, four fold": 4,
        "hundredfold, hundred fold": 100,
    },
    Tag.FRACTION: {
        "half, a half, one half, half of": "0.5",
        "a third, one third": "0.333333333333",
        "two thirds": "0.666666666667",
        """
            a quarter of, one quarter, a quarter more, a quarter less, a quarter fewer, by a quarter, a fourth
        """: "0.25",
        "three quarters": "0.75",
        "a fifth, one fifth": "0.2",
        "four fifths": "0.8",
        "a tenth, one tenth": "0.1",
        "nine tenths": "0.9",
    },
    Tag.COUNT: {"once": 1, "twice": 2},
    Tag.SCALE: {
        "k, thousand, thousands": 10**3,
        "m, mn, mio, million, millions, mm": 10**6,
        "b, bn, billion, billions": 10**9,
        "hundred": 100,
        "dozen": 12,
    },
    Tag.TIME: {
        "ms, millisecond, milliseconds": "0.001",
        "s, sec, secs, second, seconds": 1,
        "min, mins, minute, minutes, mn": 60,
        "h, hr, hrs, hour, hours": 3600,
        "d, day, days, business days, working days": 86400,
        "week, weeks, wk, wks": 604800,
        "month, months": 2592000,
        "quarter, quarters": 7776000,
        "year, years, yr, yrs": 31536000,
    },
}
_NAMED = {
    Tag.MONEY: {
        "EUR": "euro, euros, eur, €",
        "USD": "dollar, dollars, usd, us $, $, us dollars",
        "GBP": "pound, pounds, gbp, £, pounds sterling",
        "CHF": "swiss francs, chf",
        "JPY": "yen, ¥",
        "INR": "rupees, ₹",
        "KRW": "₩",
        "CAD": "canadian dollars",
    },
    Tag.PER: {
        "day": """
            per day, every day, each day, / day, / d, daily basis, a daily basis, every single day, per night,
            each night, every night, every morning
        """,
        "week": """
            per week, every week, each week, / week, / wk, a weekly basis, pw, every monday, every friday,
            each friday, every tuesday, every thursday, every wednesday, every sunday
        """,
        "month": "per month, every month, each month, / month, / mo, / mth, a monthly basis, per calendar month",
        "quarter": "per quarter, every quarter, each quarter, / quarter, / qtr, a quarterly basis",
        "year": """
            per year, every year, each year, / year, / yr, per annum, p . a ., yearly basis, a yearly basis,
            an annual basis
        """,
    },
    Tag.PER_SHORT: {
        "day": "a day, a night",
        "week": "a week",
        "month": "a month",
        "quarter": "a quarter",
        "year": "a year",
    },
    Tag.PER_ADJECTIVE: {
        "day": "daily",
        "week": "weekly",
        "month": "monthly",
        "quarter": "quarterly",
        "year": "yearly, annually, annual",
    },
}
_UNITS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_NUMBERS = {word: number for number, word in enumerate(_UNITS.split())}
_NUMBERS |= {word: 20 + 10 * number for number, word in enumerate(_TENS.split())}

ENGLISH: Lexicon = lexicon(
    cues=_CUES,
    valued=_VALUED,
    named=_NAMED,
    numbers=_NUMBERS,
    short="""
        the of and to in for by from with our a an is are at least most than more less each every per week
        month year increase reduce reach launch ship publish improve grow no not under below above have keep
        get customers new users we rate sign hire on between percent revenue decrease twice double done
        increased tickets time score or quarter million thousand points maintain cut team
    """,
    forms=verb_forms,
)
