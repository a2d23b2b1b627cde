"""From a call that has ended to a card that an operator can work with."""
