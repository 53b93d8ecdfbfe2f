"""Links of invitations, as in the tests of the respondents' pages."""

from tests.public.conftest import ask  # noqa: F401
