"""What the lane makes of every fault of a server: whose it is, and that nobody is mailed twice."""

from collections import Counter

import pytest

from app.delivery.mail.smtp.connection import Envelope, Phase
from app.delivery.mail.smtp.faults import Stage, Verdict
from app.delivery.mail.smtp.lane import Lane
from app.delivery.mail.smtp.server import Server
from tests.delivery.sink import (
    DROP,
    KEEP_THEN_DROP,
    RESET,
    SAY_250_THEN_DROP,
    Sink,
    refusing_port,
)

BODY = b"Subject: hello\r\n\r\nA line\r\n.a dot\r\n..two dots\r\n"


@pytest.fixture(params=["step by step", "pipelined"])
def sink(request):
    sink = Sink(extensions=["PIPELINING"] if request.param == "pipelined" else []).start()
    yield sink
    sink.stop()


@pytest.fixture
def lane(sink):
    lane = Lane(Server("127.0.0.1", sink.port, timeout=5), 4)
    yield lane
    lane.close()


def envelope(key, to=None, data=BODY):
    return Envelope(key, "ask@vendor.example", to or f"p{key}@customer.example", data)


def carry(lane, envelopes, *, withdraw=(), rounds=2000):
    """Offer, release every body the server waits for, and return the last report of each key."""
    lane.offer(envelopes)
    final, count = {}, Counter()
    for _ in range(rounds):
        if lane.is_empty:
            break
        reports = lane.collect(5)
        ready = [r.key for r in reports if r.verdict is None]
        lane.withdraw([key for key in ready if key in withdraw])
        lane.release([key for key in ready if key not in withdraw])
        for report in reports:
            if report.verdict:
                final[report.key] = report
                count[report.key] += 1
    assert lane.is_empty
    assert max(count.values(), default=0) <= 1, "an envelope was reported to its end twice"
    return final


def carry_all(lane, envelopes):
    """Offer until nothing is given back; what was given back on the way."""
    todo, back = {one.key: one for one in envelopes}, []
    while todo:
        final = carry(lane, todo.values())
        returned = [report for report in final.values() if report.verdict is Verdict.RETURNED]
        assert verdicts(final)[Verdict.SENT] + len(returned) == len(todo)
        todo, back = {report.key: todo[report.key] for report in returned}, back + returned
    return back


def verdicts(final):
    return Counter(report.verdict for report in final.values())


def test_everybody_gets_one_mail_over_all_connections(sink, lane):
    final = carry(lane, [envelope(n) for n in range(100)])
    assert verdicts(final) == {Verdict.SENT: 100}
    assert sink.counts == {f"p{n}@customer.example": 1 for n in range(100)}
    assert sink.connections == 4
    assert {taken.data for taken in sink.taken} == {BODY}


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("450 4.2.0 greylisted", Verdict.RETRY),
        ("451 4.3.0 later", Verdict.RETRY),
        ("452 4.2.2 mailbox full", Verdict.RETRY),
        ("550 5.1.1 no such user", Verdict.NO_SUCH_ADDRESS),
        ("550 5.1.10 null mx", Verdict.NO_SUCH_ADDRESS),
        ("550 no words about the status", Verdict.REFUSED),
        ("552 5.2.2 mailbox full", Verdict.REFUSED),
        ("550 5.7.1 not wanted here", Verdict.REFUSED),
        ("554 5.7.1 relay access denied", Verdict.REFUSED),
    ],
)
@pytest.mark.parametrize("stage", ["rcpt", "body"])
def test_a_refused_person_does_not_hold_up_the_next(sink, lane, stage, reply, verdict):
    lane.width = lane.backoff.width = 1
    sink.on(stage, reply, to="p3@customer.example")
    final = carry(lane, [envelope(n) for n in range(6)])
    assert final[3].verdict is verdict
    assert final[3].stage is Stage(stage)
    assert final[3].words.startswith(reply[:3])
    assert verdicts(final)[Verdict.SENT] == 5
    assert "p3@customer.example" not in sink.counts
    assert sink.connections == 1


@pytest.mark.parametrize("stage", ["mail", "rcpt", "body"])
def test_421_is_the_servers_own_fault_and_the_connection_is_opened_anew(sink, lane, stage):
    for n in range(40):
        sink.on(stage, "421 4.7.0 busy", to=None if stage == "mail" else f"p{n}@customer.example", times=1)
    returned, todo = 0, {n: envelope(n) for n in range(40)}
    while todo:
        final = carry(lane, todo.values())
        assert set(verdicts(final)) <= {Verdict.SENT, Verdict.RETURNED}
        returned += verdicts(final)[Verdict.RETURNED]
        todo = {n: todo[n] for n, report in final.items() if report.verdict is Verdict.RETURNED}
        lane.backoff.wake()
    assert sink.counts == {f"p{n}@customer.example": 1 for n in range(40)}
    if stage == "rcpt":
        assert returned == 0  # A second chance on a fresh connection is enough.


@pytest.mark.parametrize("hang_up", [DROP, RESET])
@pytest.mark.parametrize("stage", ["connect", "ehlo", "mail", "rcpt"])
def test_a_break_before_the_body_harms_nobody(sink, lane, stage, hang_up):
    sink.on(stage, hang_up, times=1)
    final = carry(lane, [envelope(n) for n in range(8)])
    assert set(verdicts(final)) <= {Verdict.SENT, Verdict.RETURNED}
    lane.backoff.wake()
    again = [envelope(n) for n, report in final.items() if report.verdict is Verdict.RETURNED]
    assert verdicts(carry(lane, again)) == Counter({Verdict.SENT: len(again)})
    assert sink.counts == {f"p{n}@customer.example": 1 for n in range(8)}


@pytest.mark.parametrize("hang_up", [DROP, RESET])
def test_a_break_after_the_body_leaves_the_mail_in_doubt(sink, lane, hang_up):
    sink.on("body", hang_up, to="p2@customer.example")
    sink.on("body", KEEP_THEN_DROP, to="p5@customer.example")
    final = carry(lane, [envelope(n) for n in range(8)])
    assert {n for n, report in final.items() if report.verdict is Verdict.IN_DOUBT} == {2, 5}
    assert verdicts(final)[Verdict.SENT] == 6
    assert sink.counts["p5@customer.example"] == 1


@pytest.mark.parametrize("hang_up", [DROP, RESET])
def test_a_break_when_the_body_is_due_is_never_called_sent_or_refused(sink, lane, hang_up):
    sink.on("354", hang_up, times=2)
    final = carry(lane, [envelope(n) for n in range(8)])
    assert set(verdicts(final)) <= {Verdict.SENT, Verdict.IN_DOUBT, Verdict.RETURNED}
    assert set(sink.counts) == {
        f"p{n}@customer.example" for n, r in final.items() if r.verdict is Verdict.SENT
    }


def test_a_mail_the_server_took_is_sent_even_if_it_hangs_up_at_once(sink, lane):
    sink.on("body", SAY_250_THEN_DROP)
    final = carry(lane, [envelope(n) for n in range(12)])
    assert verdicts(final) == {Verdict.SENT: 12}
    assert set(sink.counts.values()) == {1}
    assert lane.fault is None


def test_a_withdrawn_mail_never_reaches_the_server(sink, lane):
    final = carry(lane, [envelope(n) for n in range(20)], withdraw={3, 4, 11})
    assert set(final) == set(range(20)) - {3, 4, 11}
    assert len(sink.taken) == 17


@pytest.mark.parametrize(
    ("stage", "reply"),
    [
        ("mail", "550 5.1.8 we do not know you"),
        ("mail", "530 5.7.0 sign in first"),
        ("rcpt", "530 5.7.0 sign in first"),
        ("rcpt", "550 5.1.8 sender address rejected: domain not found"),
        ("rcpt", "553 5.1.7 sender malformed"),
    ],
)
def test_a_server_that_refuses_us_marks_nobody_and_the_lane_rests(sink, lane, stage, reply):
    sink.on(stage, reply)
    final = carry(lane, [envelope(n) for n in range(30)])
    assert verdicts(final) == {Verdict.RETURNED: 30}
    assert reply.split(" ", 2)[2] in lane.fault.words
    assert lane.room == 0
    assert 0 < lane.rest_seconds <= 5
    assert not sink.taken


def test_a_run_of_policy_refusals_is_taken_as_a_refusal_of_us(sink, lane):
    sink.on("body", "550 5.7.26 this sender is not authenticated")
    final = carry(lane, [envelope(n) for n in range(40)])
    assert verdicts(final)[Verdict.REFUSED] < 20
    assert verdicts(final)[Verdict.RETURNED] > 20
    assert lane.fault.step == "policy"


def test_a_server_that_is_down_is_left_alone_for_longer_each_time():
    now = [100.0]
    lane = Lane(Server("127.0.0.1", refusing_port(), timeout=5), 4, clock=lambda: now[0])
    rests = []
    for _ in range(9):
        assert verdicts(carry(lane, [envelope(1)])) == {Verdict.RETURNED: 1}
        rests.append(lane.rest_seconds)
        now[0] += lane.rest_seconds
    assert rests == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert "No connection" in lane.fault.words


def test_a_greeting_of_421_waits_and_then_everybody_is_served_once(sink, lane):
    sink.on("connect", "421 4.3.2 not now", times=2)
    todo = [envelope(n) for n in range(10)]
    for _ in range(2):
        assert verdicts(carry(lane, todo)) == {Verdict.RETURNED: 10}
        assert "421" in lane.fault.words
        lane.backoff.wake()
    assert verdicts(carry(lane, todo)) == {Verdict.SENT: 10}
    assert lane.fault is None


def test_a_server_that_allows_fewer_connections_is_used_with_fewer(sink, lane):
    sink.on("connect", "", times=2)
    sink.on("connect", "421 4.7.0 too many connections from you")
    final = carry(lane, [envelope(n) for n in range(40)])
    assert verdicts(final) == {Verdict.SENT: 40}
    assert lane.fault is None
    assert sink.connections == 3


def test_garbage_before_the_body_is_the_lanes_fault(sink, lane):
    sink.on("rcpt", "hello there", times=1)
    final = carry(lane, [envelope(n) for n in range(4)])
    assert verdicts(final) == {Verdict.SENT: 4}


def test_a_slow_domain_leaves_half_of_the_lane_to_the_others(sink, lane):
    lane = Lane(lane.server, 4, slow_seconds=0.1)
    sink.on("body", "", to="@slow.example", seconds=0.5)
    slow = [envelope(n, f"p{n}@slow.example") for n in range(6)]
    quick = [envelope(100 + n) for n in range(150)]
    carry_all(lane, slow + quick)
    assert len(sink.taken) == 156
    last_slow = max(taken.at for taken in sink.taken if taken.to.endswith("slow.example"))
    early = [taken for taken in sink.taken if taken.to.endswith("customer.example") and taken.at < last_slow]
    assert len(early) > 10  # Few between two rounds, if the slow domain held all four connections.
    first_slow = min(taken.at for taken in sink.taken if taken.to.endswith("slow.example"))
    assert (
        min(taken.at for taken in early) < first_slow
    )  # Nor did it hold them before it was known to be slow.
    lane.close()


def test_one_slow_reply_does_not_keep_a_domain_slow(sink):
    """The relay hiccups once; as soon as it is quick again nothing more is put off, and what was comes back soon."""
    lane = Lane(Server("127.0.0.1", sink.port, timeout=5), 2, slow_seconds=0.2)
    sink.on("body", "", seconds=0.6, times=2)
    put_off = carry_all(lane, [envelope(n) for n in range(80)])
    assert all(0 < report.wait <= 60 for report in put_off)
    assert list(sink.counts.values()) == [1] * 80
    for number in range(100, 150):  # A machine under load may be slow for longer.
        if lane._slow:
            carry_all(lane, [envelope(number)])
    assert lane._slow == {}
    lane.close()


def test_no_more_than_the_rate(sink):
    now = [0.0]
    lane = Lane(Server("127.0.0.1", sink.port), 8, rate=10, clock=lambda: now[0])
    lane.offer(envelope(n) for n in range(50))
    for _ in range(200):
        lane.release([r.key for r in lane.collect(0) if r.verdict is None])
        lane._turn(0.01)
        if len(sink.taken) == 21:
            break
        now[0] += 0.05
    assert now[0] >= 1.9
    lane.close()


@pytest.mark.parametrize(
    ("stage", "patience", "expected"), [("body", 600, Verdict.IN_DOUBT), ("rcpt", 300, Verdict.RETURNED)]
)
def test_a_slow_server_gets_its_time_and_then_no_second_copy(sink, stage, patience, expected):
    """A reply after 30 s, or after ten minutes but a moment, is waited for; only then is the mail given up."""
    now = [0.0]
    lane = Lane(Server("127.0.0.1", sink.port, timeout=5), 1, clock=lambda: now[0])
    sink.on(stage, seconds=30, to="p2@customer.example")
    lane.offer([envelope(1), envelope(2)])
    found = {}
    while 1 not in found or not any(one.startswith("RCPT p2@") for one in sink.commands):
        reports = lane.collect(0)
        lane._turn(0.01)
        lane.release([report.key for report in reports if report.verdict is None])
        found |= {report.key: report for report in reports if report.verdict}
    while stage == "body" and lane._connections[0].phase is not Phase.BODY:
        lane._turn(0.01)
        lane.release([report.key for report in lane.collect(0) if report.verdict is None])
    now[0] += patience - 1
    lane._turn(0)
    assert lane.collect(0) == []
    now[0] += 1
    lane._turn(0)
    (report,) = lane.collect(0)
    assert (report.key, report.verdict) == (2, expected)
    assert report.words == f"No reply within {patience} s."
    assert list(sink.counts) == ["p1@customer.example"]
    lane.close()


def test_a_mail_too_big_for_the_server_is_refused_before_data():
    sink = Sink().start(data_size_limit=1000)
    lane = Lane(Server("127.0.0.1", sink.port), 2)
    final = carry(lane, [envelope(1, data=BODY + b"x" * 70 + b"\r\n" * 1000), envelope(2)])
    assert final[1].verdict is Verdict.REFUSED
    assert "at most 1000" in final[1].words
    assert final[2].verdict is Verdict.SENT
    assert not any(command.startswith("RCPT p1@") for command in sink.commands)
    lane.close()
    sink.stop()


def test_letters_outside_ascii_in_an_address_need_a_server_that_carries_them(sink, lane):
    final = carry(lane, [envelope(1, "žofie@customer.example")])
    assert final[1].verdict is Verdict.SENT
    assert sink.counts == {"žofie@customer.example": 1}
    assert any("SMTPUTF8" in command for command in sink.commands)


@pytest.mark.parametrize(
    "address", ["a@b.example>\r\nRCPT TO:<evil@x.example", "a b@c.example", "<a@b.example>"]
)
def test_no_address_can_bring_a_command_of_its_own(sink, lane, address):
    final = carry(lane, [envelope(1, address)])
    assert final[1].verdict is Verdict.REFUSED
    assert not [command for command in sink.commands if command.startswith("RCPT")]


def test_a_large_body_goes_out_whole(sink, lane):
    data = b"Subject: big\r\n\r\n" + b".line of text\r\n" * 60_000
    final = carry(lane, [envelope(n, data=data) for n in range(3)])
    assert verdicts(final) == {Verdict.SENT: 3}
    assert [taken.data == data for taken in sink.taken] == [True] * 3


def test_recalled_envelopes_come_back_untouched(sink, lane):
    lane.offer(envelope(n) for n in range(10))
    assert {report.key for report in lane.recall()} == set(range(10))
    assert lane.is_empty
    assert sink.connections == 0
