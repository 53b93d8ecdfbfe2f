"""The audit trail and the worker on pages."""


def test_the_trail_and_the_worker_are_shown_to_administrators(sign_in, session):
    client = sign_in("admin")
    assert "no sign of life" in client.get("/settings/jobs").text
    assert client.get("/settings/audit?before=99999999999999999999").status_code == 200
    assert sign_in("manager").get("/settings/audit").status_code == 403
