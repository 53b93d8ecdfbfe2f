"""Eighteen months of waves: who was asked when, and what became of each ask. Pure.

Each wave asks a sixth of the people for a recommendation, so that each is asked about twice a year, and those who
decide, administer or use a lot are asked for the value they see between two of these. Nothing here happens after the
midnight before today.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from app.contacts.models import ContactRole
from app.delivery.models import InvitationState as S
from app.delivery.sending.windows import reminder_moment
from app.demo.company.population import Firm, Person
from app.demo.events import others
from app.demo.events.records import Ask, Wave
from app.demo.events.saying import Sayings, add_comments
from app.surveys.rules import DEFAULTS

# Weeks before the newest round at which each slot was asked last, and after how many weeks it is asked again. Value
# is asked half-way between, so that nobody gets two surveys within the ninety days that the product keeps.
WEEKS_AGO = (0, 2, 8, 13, 17, 22)
ROUND_WEEKS = 27
VALUE_AFTER_WEEKS = 13
OLDEST_WEEKS = 81
NEWEST_DAYS = 9
FIRST_ASK_AFTER = timedelta(days=30)
VALUE_ROLES = frozenset(
    {ContactRole.DECISION_MAKER, ContactRole.CHAMPION, ContactRole.ADMIN, ContactRole.POWER_USER}
)
TODAYS_SHARE, TODAYS_PART = 25, 3
AUTOMATIC_SHARE = 0.004
BOUNCE = "550 5.1.1 The address does not exist."
REFUSAL = "554 5.7.1 Message refused by policy."
NOWHERE = "The connection broke before the server confirmed."
DECLINED = "declined by link"


@dataclass
class History:
    """What is known about a person's asks so far."""

    asks: int = 0
    is_off: str | None = None
    off_at: datetime | None = None


def waves(today: date) -> list[Wave]:
    """All waves before today, oldest first; the newest regular one is nine to fifteen days old and still open."""
    newest = today - timedelta(days=NEWEST_DAYS)
    newest -= timedelta(days=(newest.weekday() - 1) % 7)
    planned = []
    for slot, weeks_ago in enumerate(WEEKS_AGO):
        for weeks in range(weeks_ago, OLDEST_WEEKS + 1, ROUND_WEEKS):
            planned.append((newest - timedelta(weeks=weeks), "nps", slot, 1 if weeks == 0 else None))
        first = (weeks_ago + VALUE_AFTER_WEEKS + 1) % ROUND_WEEKS - 1
        for weeks in range(first, OLDEST_WEEKS + 1, ROUND_WEEKS):
            planned.append((newest - timedelta(weeks=weeks), "value", slot, None))
    planned.append((newest + timedelta(weeks=1), "nps", 0, 2))
    planned.sort(key=lambda wave: wave[:3])
    return [
        Wave(key, survey, on, (today - on).days, slot, part)
        for key, (on, survey, slot, part) in enumerate(planned)
    ]


class Asking:
    """Runs the waves one after the other over everybody, and keeps what happened to whom."""

    def __init__(self, firms: list[Firm], today: date, seed: int, languages: dict[str, list[str]]):
        self.firms, self.today, self.seed = firms, today, seed
        self.horizon = datetime.combine(today, time(0), UTC)
        self.sayings = Sayings(languages)
        self.history: dict[int, History] = {}
        self.waves = waves(today)
        self.parts = self._parts()
        self.asks: list[Ask] = []

    def run(self) -> list[Ask]:
        """The asks of all past waves, in the order of their waves."""
        for wave in self.waves:
            for firm in self.firms:
                for person in firm.people:
                    if self._is_turn_of(person, wave):
                        self._consider(wave, firm, person)
        add_comments([ask for ask in self.asks if ask.answer], self.seed)
        self._ask_others()
        return self.asks

    def _ask_others(self) -> None:
        """The surveys of further kinds, of those whom nobody else asks around that day."""
        asked = defaultdict(list)
        for ask in self.asks:
            asked[ask.person.key].append(ask.wave.on)
        for _, person in self.todays():
            asked[person.key].append(self.today)
        more = others.waves(self.waves, self.firms, self.today)
        for wave in more:
            for firm in self.firms:
                for person in firm.people:
                    is_turn = others.is_turn(wave, firm, person) and self._is_askable(firm, person, wave.on)
                    if is_turn and not self._is_off(person) and others.is_rested(wave, asked[person.key]):
                        asked[person.key].append(wave.on)
                        self._ask_besides(wave, firm, person)
        self.waves = [*self.waves, *(wave for wave in more if any(ask.wave is wave for ask in self.asks))]

    def ask_once_more(self, unhappy: dict[Wave, list[tuple[Ask, float]]]) -> list[Ask]:
        """Ask those who gave these answers again, in these waves, as far as they may be asked; the asks."""
        known = len(self.asks)
        for wave, asks in unhappy.items():
            for ask, relief in asks:
                if self._is_askable(ask.firm, ask.person, wave.on) and not self._is_off(ask.person):
                    self.sayings.scores[ask.person.key] = ask.answer.score
                    self._ask_besides(wave, ask.firm, ask.person, relief)
        more = self.asks[known:]
        self.waves = [*self.waves, *(wave for wave in unhappy if any(ask.wave is wave for ask in more))]
        add_comments([ask for ask in more if ask.answer], self.seed)
        return more

    def _is_off(self, person: Person) -> bool:
        """Somebody whose story has them unsubscribe, or their address die, is left to it."""
        return person.bounces_at_ask is not None or person.opts_out_at_ask is not None

    def _ask_besides(self, wave: Wave, firm: Firm, person: Person, relief: float = 0) -> None:
        language = self.sayings.language(wave.survey, person.language)
        ask = Ask(len(self.asks), wave, firm, person, language, relief=relief)
        self.asks.append(ask)
        self._send(ask, History(), Random(f"{self.seed} {wave.key} {person.key}"))

    def _is_turn_of(self, person: Person, wave: Wave) -> bool:
        if wave.slot != person.slot:
            return False
        if wave.survey == "value":
            return person.role_on(wave.on) in VALUE_ROLES
        return wave.part is None or self.parts[person.key] == wave.part

    def _parts(self) -> dict[int, int]:
        """The newest round goes out in three parts; the third is today's open wave, whose mails lie in the mailbox.

        Those who must have answered for their story's sake are in the first.
        """
        turn = [(firm, person) for firm in self.firms for person in firm.people if person.slot == 0]
        free = [p.key for firm, p in turn if self._is_free_today(firm, p)]
        todays = set(Random(f"{self.seed} today").sample(free, min(TODAYS_SHARE, len(free))))
        return {
            p.key: TODAYS_PART if p.key in todays else 1 if p.role.is_key or p.key % 2 else 2 for _, p in turn
        }

    def _is_free_today(self, firm: Firm, person: Person) -> bool:
        has_role_in_story = person.role.is_key and firm.story.topics
        has_fate = person.bounces_at_ask is not None or person.opts_out_at_ask is not None
        return self._is_askable(firm, person, self.today) and not has_role_in_story and not has_fate

    def todays(self) -> list[tuple[Firm, Person]]:
        """Who is asked today."""
        return [(firm, p) for firm in self.firms for p in firm.people if self.parts.get(p.key) == TODAYS_PART]

    def _is_askable(self, firm: Firm, person: Person, on: date) -> bool:
        is_customer = firm.story.is_asked and (firm.lost_on is None or on < firm.lost_on)
        return is_customer and person.is_here(on) and firm.started_on + FIRST_ASK_AFTER <= on

    def _consider(self, wave: Wave, firm: Firm, person: Person) -> None:
        """Ask this person, or note why not. Who is unknown then, or at no customer, is not in the audience."""
        history = self.history.setdefault(person.key, History())
        is_audience = self._is_askable(firm, person, wave.on) or (
            person.left_on is not None
            and person.left_on <= wave.on
            and firm.lost_on is None
            and firm.story.is_asked
        )
        if not is_audience:
            return
        ask = Ask(len(self.asks), wave, firm, person, self.sayings.language(wave.survey, person.language))
        self.asks.append(ask)
        reason = history.is_off or (None if person.is_here(wave.on) else "left")
        if reason:
            ask.state, ask.suppressed_reason = S.SUPPRESSED, reason
            return
        self._send(ask, history, Random(f"{self.seed} {wave.key} {person.key}"))

    def _send(self, ask: Ask, history: History, rng: Random) -> None:
        """From the outbox to the inbox, or not."""
        sent_at = ask.wave.sent_from + timedelta(seconds=rng.randrange(5, 240))
        ask.move(S.QUEUED, ask.wave.sent_from)
        number, history.asks = history.asks, history.asks + 1
        ask.move(S.SENDING, sent_at)
        if ask.person.bounces_at_ask == number:
            ask.closed_at = sent_at
            ask.move(S.BOUNCED, sent_at, BOUNCE)
            history.off_at = sent_at
            history.is_off = "bounced"
        elif rng.random() < 0.002:
            ask.closed_at = sent_at
            ask.move(S.REFUSED, sent_at, REFUSAL)
        elif rng.random() < 0.0015:
            ask.sent_at = sent_at
            ask.move(S.IN_DOUBT, sent_at, NOWHERE)
        else:
            ask.sent_at = sent_at
            ask.move(S.SENT, sent_at)
            self._hear(ask, history, number, rng)

    def _hear(self, ask: Ask, history: History, number: int, rng: Random) -> None:
        """What the person did about the mail, as far as it has happened by now."""
        story, person = ask.firm.story, ask.person
        chance = story.reply_of(ask.role, ask.wave.ago)
        chance *= person.keen if 0 < chance < 0.9 else 1
        chance *= 0.8 if ask.wave.survey == "value" and chance < 0.9 else 1
        draw, when = rng.random(), answer_moment(ask, rng)
        if person.opts_out_at_ask == number:
            off_at = ask.sent_at + timedelta(hours=rng.randrange(1, 40))
            ask.closed_at = off_at
            ask.move(S.CANCELLED, off_at, "unsubscribed")
            history.is_off, history.off_at = "unsubscribed", off_at
        elif draw < chance:
            self._answer(ask, when, rng)
        elif draw < chance + 0.012:
            self._decline(ask, when)
        else:
            self._stay_silent(ask, rng, is_late=rng.random() < story.late and chance > 0.2)
        self._remind(ask)

    def _answer(self, ask: Ask, when: datetime, rng: Random) -> None:
        """Note the answer, if it has come by now. Once in a while it comes so fast that no person can have given it."""
        is_automatic = not ask.silent_at and rng.random() < AUTOMATIC_SHARE
        when = ask.sent_at + timedelta(seconds=4) if is_automatic else when
        if when < self.horizon:
            ask.answer = self.sayings.answer(ask, when, rng, is_automatic=is_automatic)
            ask.closed_at = ask.closed_at or when
            ask.move(S.ANSWERED, when)

    def _decline(self, ask: Ask, when: datetime) -> None:
        if when < self.horizon:
            ask.declined_at = ask.closed_at = when
            ask.move(S.DECLINED, when, DECLINED)

    def _stay_silent(self, ask: Ask, rng: Random, *, is_late: bool) -> None:
        """Silence is dated with the closing; some answer in the two weeks after that."""
        if ask.closes_at >= self.horizon:
            return
        ask.silent_at = ask.closed_at = ask.closes_at
        ask.move(S.SILENT, ask.closes_at)
        if is_late:
            late_at = ask.closes_at + timedelta(days=rng.randrange(0, 12), hours=rng.randrange(1, 9))
            self._answer(ask, late_at, rng)
            ask.is_late = ask.answer is not None

    def _remind(self, ask: Ask) -> None:
        """Reminders go out by the product's rule, in the person's office hours, to those who are silent until then."""
        zone = ZoneInfo(ask.person.country.zone)
        end = min(ask.closed_at or self.horizon, self.horizon)
        for number in range(1, len(DEFAULTS.reminder_days) + 1):
            before = ask.reminders[-1] if ask.reminders else None
            at = reminder_moment(DEFAULTS, number, ask.sent_at, zone, reminded_at=before)
            if at >= end:
                ask.remind_at = at if ask.state is S.SENT else None
                break
            ask.reminders.append(at + timedelta(seconds=25))


def answer_moment(ask: Ask, rng: Random) -> datetime:
    """Most answer on the first day or right after a reminder, nearly all in their working hours, all before closing."""
    days = rng.choices((0, 1, 2, 3, 4, 7, 8, 10, 13, 17), (34, 14, 5, 16, 6, 12, 5, 4, 3, 1))[0]
    if days == 0:
        return ask.sent_at + timedelta(
            minutes=rng.choice((3, 9, 22, 41, 75, 130, 210)), seconds=rng.randrange(60)
        )
    zone = ZoneInfo(ask.person.country.zone)
    day = (ask.sent_at + timedelta(days=days)).astimezone(zone).date()
    day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
    local = time(rng.randrange(8, 17), rng.randrange(60), rng.randrange(60))
    return datetime.combine(day, local, zone).astimezone(UTC)
