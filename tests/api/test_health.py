"""Scores over the API."""

from tests import make


def test_scores_are_told_with_their_parts(session, api):
    account = make.account()
    found = api.get(f"/accounts/{account.id}/health").json
    assert (found["health"]["score"], found["health"]["colour"]) == (None, "grey")
    assert api.get(f"/accounts/{account.id}/health?as_of=2020-01-01").status_code == 404
