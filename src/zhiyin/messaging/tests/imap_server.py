"""A small IMAP server with one folder, for tests: it keeps what was read, and misbehaves on request."""

import re
import socket
import ssl
import threading
import time
from contextlib import suppress


class ImapServer:
    """``mails`` by number, ``seen`` the numbers that were marked as read. ``mode`` says how it misbehaves:

    ``no`` refuses to log in and repeats the password, ``drips`` sends a letter now and then, ``lies`` says that a mail
    is small and sends a large one, ``endless`` sends a line without end, ``dies`` closes the connection at the second
    mail, ``full`` marks nothing, ``silent`` says nothing at all.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, at_once: bool = True) -> None:
        self.mails: dict[int, bytes] = {}
        self.seen: set[int] = set()
        self.mode = ""
        self.said: list[str] = []  # commands, without their tags
        self.capabilities = "IMAP4rev1"
        self._tls, self._at_once = tls, at_once
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def __enter__(self) -> "ImapServer":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self._tls and self._at_once:
                connection = self._tls.wrap_socket(connection, server_side=True)
            with connection:
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        if self.mode == "silent":
            time.sleep(30)
        if self.mode == "drips":
            for _ in range(300):
                connection.sendall(b"*")
                time.sleep(0.1)
        connection.sendall(b"* OK here\r\n")
        lines = connection.makefile("rb")
        for line in lines:
            tag, _, command = line.decode().strip().partition(" ")
            self.said.append(command)
            if command == "STARTTLS":
                assert self._tls is not None
                connection.sendall(f"{tag} OK go on\r\n".encode())
                connection = self._tls.wrap_socket(connection, server_side=True)
                lines.detach()
                with connection:
                    return self._converse_on(connection)
            if not self._answered(connection, tag, command):
                return None
        return None

    def _converse_on(self, connection: socket.socket) -> None:
        for line in connection.makefile("rb"):
            tag, _, command = line.decode().strip().partition(" ")
            self.said.append(command)
            if not self._answered(connection, tag, command):
                return

    def _answered(self, connection: socket.socket, tag: str, command: str) -> bool:
        answer, word = self._answer(command)
        if answer is None:
            return False
        connection.sendall(answer + f"{tag} {word} so it is\r\n".encode())
        return command != "LOGOUT"

    def _answer(self, command: str) -> tuple[bytes | None, str]:
        words = command.split()
        match words[:2]:
            case ["CAPABILITY", *_]:
                return f"* CAPABILITY {self.capabilities}\r\n".encode(), "OK"
            case ["LOGIN", *_]:
                return b"", f"NO wrong: {command}" if self.mode == "no" else "OK in"
            case ["SELECT", folder]:
                return b"* 9 EXISTS\r\n", "OK" if folder == '"INBOX"' else "NO no such folder"
            case ["UID", "SEARCH"]:
                if self.mode == "endless":
                    return b"* SEARCH " + b"1 " * 2_000_000, "OK"
                unread = " ".join(str(uid) for uid in sorted(self.mails.keys() - self.seen))
                return f"* SEARCH {unread}\r\n".encode(), "OK"
            case ["UID", "FETCH"]:
                return self._fetched([int(uid) for uid in words[2].split(",")], whole="BODY" in command)
            case ["UID", "STORE"]:
                assert words[3:] == ["+FLAGS.SILENT", "(\\Seen)"]
                self.seen |= set() if self.mode == "full" else {int(words[2])}
                return b"", "NO disk full" if self.mode == "full" else "OK"
        return b"* BYE\r\n" if command == "LOGOUT" else b"", "OK"

    def _fetched(self, uids: list[int], *, whole: bool) -> tuple[bytes | None, str]:
        told = b""
        for uid in uids:
            mail = self.mails[uid]
            if not whole:
                size = 10 if self.mode == "lies" else len(mail)
                told += f"* {uid} FETCH (RFC822.SIZE {size} UID {uid})\r\n".encode()
                continue
            if self.mode == "dies" and self.seen:
                return None, ""
            told += f"* {uid} FETCH (UID {uid} BODY[] {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"
        return told, "OK"

    def fetched(self) -> list[int]:
        """The mails whose text was asked for."""
        return [int(found[1]) for each in self.said if (found := re.match(r"UID FETCH (\d+) \(BODY", each))]
