"""What all tests share: how hard the property tests look."""

import os

from hypothesis import settings

settings.register_profile("usual", max_examples=200, deadline=None)
settings.register_profile("deep", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))
