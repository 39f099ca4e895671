"""What people say in `make demo`: a neighbourhood and its garden, in several languages."""

from typing import Final, NamedTuple


class Room(NamedTuple):
    """A room of the demonstration; ``share`` is how much of the talk happens there."""

    name: str  # of a public room; others have names that the server makes
    title: str
    topic: str
    access: str
    share: int


PEOPLE: Final = (
    "Zoe", "Max", "Amara", "Jürgen", "Tomás", "Priya", "Николай", "أمينة", "李雷", "שירה", "ゆき",
    "Fatou", "Eoghan", "Ωλγα", "Théo", "Kofi",
)  # fmt: skip
ROOMS: Final = (
    Room("garden", "Garden", "Beds, compost, and who waters this week", "public", 30),
    Room("tools", "Tools and lending", "Bring back what you borrow, clean", "public", 12),
    Room("kitchen", "Kitchen", "Soup on Thursdays at seven", "public", 12),
    Room("web", "Web site", "The calendar is at https://example.org/calendar", "public", 12),
    Room("lost", "Lost and found", "", "public", 4),
    Room("deutsch", "Deutsch", "Für alle, die üben wollen", "public", 6),
    Room("arabic", "العربية", "للجميع", "public", 6),
    Room("", "Committee", "Money and keys", "private", 8),
    Room("", "Summer party", "14 August, if it does not rain", "unlisted", 8),
)
# The lobby has the rest: 100 together.
LOBBY_SHARE: Final = 2

SAYINGS: Final = (
    "Good morning!", "Bonjour à tous", "Guten Abend zusammen", "مساء الخير", "hey 👋",
    "The tomatoes in bed {n} need water today.",
    "Has anybody seen the blue watering can?",
    "I can take Tuesday, but not Thursday.",
    "It rained {n} mm last night, so we may skip a day.",
    "Who has the key to the shed?",
    "@{who} could you bring the ladder back until Friday?",
    "Found a phone on the bench beside the pond. It is with me.",
    "The bees are back 🐝",
    "Soup was wonderful, thank you @{who}!",
    "We have **{n} jars** of plum jam left, two for everybody.",
    "I have written it down: https://example.org/minutes/{n}",
    "Can we move the meeting to eight? The train is late again.",
    "No idea, but the manual says *never* below five degrees.",
    "+1",
    "Sounds good to me.",
    "I'd rather not: last time it took us {n} hours, and nobody was happy with it in the end. "
    "Let us first ask those who were there, then decide, and write down why.",
    "Anyone up for a walk on Sunday?",
    "Wer hat noch Blumenerde? Ich brauche {n} Säcke.",
    "Das Beet {n} ist fertig, danke an alle!",
    "من سيأتي غدا؟",
    "الاجتماع الساعة {n} مساء في الحديقة.",
    "今天下雨，我们改天吧。",
    "Кто взял тачку? Верните, пожалуйста.",
    "Voici la liste, il en manque encore {n}.",
    "Here is what is left to do:\n\n- [x] order seeds\n- [ ] mend the fence\n- [ ] paint gate {n}",
    "> Who has the key to the shed?\n\nIt hangs behind the door again.",
    "The sensor writes this now:\n\n```json\n{{\"bed\": {n}, \"moisture\": 0.41}}\n```",
    "Try `git pull` first, then `make run`.",
    "| day | who |\n|---|---|\n| Mon | Zoe |\n| Wed | Max |\n| Sat | everybody |",
    "That is ~~on Friday~~ on Saturday now.",
)  # fmt: skip
ANSWERS: Final = (
    "Yes, I have it.", "Thank you!", "Done.", "I'll look tonight.", "Me too", "😂", "👍", "Oh no.",
    "Which one?", "On my way", "Let me check and come back to you.", "Great idea, @{who}",
    "Not before {n} o'clock.", "شكرا", "Danke!", "Merci beaucoup",
)  # fmt: skip
DIRECT: Final = (
    "Do you have a minute?", "Sure", "Could you call her? I have lost the number.",
    "It is the one that ends with {n}.", "Thanks, that saved my day", "See you tonight",
)  # fmt: skip
EMOJI: Final = ("👍", "❤️", "😂", "🎉", "🌱", "👀")
