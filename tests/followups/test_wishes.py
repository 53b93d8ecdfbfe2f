"""What would make it a 9: listed, said to be small or large, corrected and taken back."""

from __future__ import annotations

from app.followups.models import Task, TaskKind, WishSize
from tests import make
from tests.followups.test_improvements import press


def task_of(score: int, comment: str) -> Task:
    recorded = make.answer(score, comment=comment)
    return make.db.session.query(Task).filter_by(response_id=recorded.response_id).one()


def test_a_wish_gets_a_size_which_can_be_corrected_and_taken_back(session, sign_in):
    wish, other = task_of(8, "A darker theme."), task_of(2, "All of it.")
    task_of(7, "An API for stock lists.")
    assert wish.kind is TaskKind.PASSIVE
    session.commit()
    csm, page, url = sign_in("csm"), f"/tasks/{wish.id}", f"/tasks/{wish.id}/wish"
    listed = csm.get("/wishes").text
    assert "A darker theme." in listed
    assert "All of it." not in listed
    assert "is the wish small or large?" in csm.get(page).text
    assert press(csm, page, url, size="large").location.startswith(page)
    assert press(csm, page, f"{url}?size=large", size="small", back="list").location == "/wishes?size=large"
    assert session.get(Task, wish.id).wish is WishSize.SMALL
    assert "A darker theme." not in csm.get("/wishes?size=none").text
    lines = csm.get("/wishes.csv?size=small").text.splitlines()
    assert len(lines) == 2
    assert ",A darker theme.,small," in lines[1]
    press(csm, page, url, size="none")
    assert session.get(Task, wish.id).wish is None
    assert press(csm, page, url, size="huge").status_code == 404
    assert press(csm, f"/tasks/{other.id}", f"/tasks/{other.id}/wish", size="small").status_code == 409
    assert sign_in("viewer").post(url, data={"size": "small"}).status_code in (400, 403)
