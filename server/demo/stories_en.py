"""The calls of the demo garage that were held in English."""

from __future__ import annotations

from server.demo.story import Story, agent, caller, prepared

ENGLISH = (
    Story(
        (caller("Hi, how much is a service?"), prepared("price"), caller("Great, thanks")),
        "Asked for the price of a service",
        ("The price was given, with oil and filter.", "No appointment was asked for."),
        fields={"need": "price of a service", "sentiment": "positive"},
        lang="en-US",
        often=2,
    ),
    Story(
        (
            caller("Hello, are you open today?"),
            prepared("hours", heard=0.6),
            caller("Okay, I will come this afternoon"),
        ),
        "Coming in this afternoon",
        ("Asked for the opening hours.", "The caller will come by in the afternoon."),
        fields={"need": "opening hours", "time": "this afternoon", "sentiment": "positive"},
        lang="en-US",
    ),
    Story(
        (
            caller("A warning light came on and I need someone to look at it"),
            agent("Of course. May I have your name, please?"),
            caller("{name}"),
            agent("Thank you, {name}. Which car is it, and when could you bring it in?"),
            caller("A {car}, tomorrow morning"),
            agent("I have noted it. The garage will call you back to confirm tomorrow morning."),
        ),
        "Warning light in a {car}",
        ("{name} would like to come tomorrow morning.", "The garage has to call back."),
        "Confirm tomorrow morning",
        {"need": "warning light", "time": "tomorrow morning", "sentiment": "neutral"},
        named=True,
        lang="en-US",
        often=2,
    ),
)
