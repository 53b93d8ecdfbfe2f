"""Property tests of pure arithmetic: enough examples to bite, few enough to stay quick."""

from hypothesis import settings

settings.register_profile("formulas", deadline=None, max_examples=100)
settings.load_profile("formulas")
