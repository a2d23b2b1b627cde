"""Turn-taking: the pure core of a call. Events in, actions out, time handed in."""
