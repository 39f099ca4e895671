"""The emoji that a chat in a terminal completes, by what people write between colons."""

from typing import Final

EMOJI: Final = {
    "+1": "👍", "-1": "👎", "100": "💯", "angry": "😠", "beer": "🍺", "blush": "😊", "bug": "🐛",
    "bulb": "💡", "cake": "🍰", "clap": "👏", "coffee": "☕", "confused": "😕", "cry": "😢",
    "eyes": "👀", "fire": "🔥", "frowning": "☹️", "gift": "🎁", "grin": "😁", "heart": "❤️",
    "heart_eyes": "😍", "hourglass": "⌛", "hugs": "🤗", "joy": "😂", "laughing": "😆",
    "muscle": "💪", "ok_hand": "👌", "open_mouth": "😮", "partying_face": "🥳", "pizza": "🍕",
    "pray": "🙏", "question": "❓", "rainbow": "🌈", "raised_hands": "🙌", "rocket": "🚀",
    "rofl": "🤣", "scream": "😱", "see_no_evil": "🙈", "shrug": "🤷", "skull": "💀",
    "slightly_smiling_face": "🙂", "smile": "😄", "sob": "😭", "sparkles": "✨", "star": "⭐",
    "sunglasses": "😎", "sweat_smile": "😅", "tada": "🎉", "thinking": "🤔", "thumbsdown": "👎",
    "thumbsup": "👍", "tulip": "🌷", "upside_down_face": "🙃", "warning": "⚠️", "wave": "👋",
    "white_check_mark": "✅", "wink": "😉", "x": "❌", "yum": "😋", "zap": "⚡", "zzz": "💤",
}  # fmt: skip
