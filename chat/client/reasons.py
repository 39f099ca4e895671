"""Explains network errors in words for people. Pure."""

import errno
import os
import re
import socket
import ssl
from typing import Final

# When several addresses fail, asyncio's error has their error numbers only in its text.
_NUMBER: Final = re.compile(r"\[Errno (\d+)\]")


def why(error: Exception) -> str:
    """Return the meaning of ``error``, as a part of a sentence."""
    match error:
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return "its name can't be looked up now"
        case socket.gaierror():
            return "there is no host of its name"
        case ssl.SSLCertVerificationError():
            return f"its certificate is not to be trusted: {error.verify_message}"
        case ssl.SSLError():
            return f"it speaks no TLS that we know: {error.reason or error}"
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := _NUMBER.search(str(error))):
        number = int(found[1])
    if number is not None and number in errno.errorcode:
        text = os.strerror(number)
        return text[0].lower() + text[1:]
    if text := str(error):
        return text
    match error:
        case TimeoutError():
            return "no answer came in time"
        case ConnectionError() | EOFError():
            return "the connection broke off"
    return type(error).__name__
