"""Links of invitations, as in the tests of the respondents' pages."""

from tests.delivery.conftest import office, sink  # noqa: F401
from tests.public.conftest import ask  # noqa: F401
