"""What stands around follow-ups, over the API: mails, playbooks, references, absences, notices."""

from __future__ import annotations

from datetime import timedelta

from app.core import clock
from app.followups.advocacy.models import Favour, FavourKind, FavourState
from app.followups.conversation.models import CaseMail
from app.followups.models import ActivityKind, TaskKind
from app.followups.playbooks.models import Component, Playbook, PlayKind, PlayStep
from app.integrations.models import Notice, NoticeKind
from tests import make
from tests.followups.test_cover import away


def test_what_stands_around_follow_ups_is_listed(session, api, program):
    now = clock.now()
    ana, ben = make.staff(email="ana@vendor.example"), make.staff(email="ben@vendor.example")
    account = make.account(tier=1, segment={"industry": "Retail"})
    kim = make.contact(account=account, language="de")
    task = make.task(contact=kim, owner=ana)
    today = now.date()
    away(ana, ben, today, today + timedelta(days=3))
    for state in (FavourState.ACCEPTED, FavourState.DECLINED):
        kinds = {"kind": FavourKind.REFERENCE, "state": state, "may_quote": True}
        session.add(Favour(contact=kim, account=account, offered_at=now, changed_at=now, **kinds))
    gone = PlayStep(position=1, days=0, channel=ActivityKind.CALL, title="Gone", retired_at=now)
    call = PlayStep(position=2, days=1, channel=ActivityKind.CALL, title="Call", words="Hello {first_name}")
    session.add(
        Playbook(
            name="Unhappy",
            kind=PlayKind.REACTIVE,
            component=Component.RELATIONSHIP,
            task_kind=TaskKind.DETRACTOR,
            tiers=[1, 2],
            steps=[gone, call],
        )
    )
    written = {"staff_name": "Ana", "recipient": kim.email, "subject": "Yours", "words": "Hello"}
    moments = {"pressed_at": now, "leaves_at": now, "ended_at": now}
    session.add(CaseMail(task_id=task.id, contact_id=kim.id, reason="Held", **written, **moments))
    told = {"staff_id": ben.id, "for_staff_id": ana.id, "task_id": task.id, "kind": NoticeKind.REPLY}
    session.add(Notice(key="reply:1", at=now, looked_at=now, is_urgent=True, **told))
    session.commit()

    (mail,) = api.all(f"/case_mails?task_id={task.id}")
    assert (mail["by"], mail["text"], mail["sent_at"], mail["reason"]) == ("Ana", "Hello", None, "Held")
    assert api.all(f"/case_mails?task_id={task.id + 1}") == []
    (play,) = api.all("/playbooks?kind=reactive&task_kind=detractor&active=true")
    assert [step["title"] for step in play["steps"]] == ["Call"]
    assert (play["lifts"], play["tiers"]) == ("relationship", [1, 2])
    assert api.all("/playbooks?active=false") == []
    fitting = "/references?industry=Retail&tier=1&language=de&may_quote=true"
    (reference,) = api.all(fitting)
    assert (reference["contact_id"], reference["state"]) == (str(kim.id), "accepted")
    assert api.all("/references?industry=Mining") == []
    (absence,) = api.all(f"/absences?staff_email=ANA@vendor.example&on={today}")
    assert (absence["cover_email"], absence["from_on"]) == ("ben@vendor.example", str(today))
    assert api.all(f"/absences?on={today + timedelta(days=4)}") == []
    assert api.get("/notices").status_code == 403
    (notice,) = program("admin").all("/notices?kind=reply&staff_email=ben@vendor.example")
    assert (notice["for_email"], notice["task_id"], notice["urgent"]) == (
        "ana@vendor.example",
        str(task.id),
        True,
    )
