"""Mails as servers and people send them, made for a mail of ours: bounces of many manners, complaints, absences, replies."""

from __future__ import annotations

import base64
from email.utils import formatdate

OURS = "0123456789abcdef0123456789abcdef@justask.example"
PERSON = "kim@customer.example"
DAEMON = "MAILER-DAEMON@mx.customer.example"


def dsn(
    *,
    to: str = "surveys@justask.example",
    person: str = PERSON,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "550 5.1.1 user unknown",
    about: str = OURS,
    original: str = "text/rfc822-headers",
    message_id: str = "",
    final: str = "",
) -> bytes:
    """A delivery status notification as Postfix makes them."""
    headers = f"From: surveys@justask.example\nTo: {person}\nSubject: A question\nMessage-ID: <{about}>\n"
    own = f"Message-ID: <{message_id}>\n" if message_id else ""
    return (
        f"Return-Path: <>\nFrom: {DAEMON} (Mail Delivery System)\nTo: {to}\n{own}"
        f"Subject: Undelivered Mail Returned to Sender\nDate: {formatdate(1772618400)}\nAuto-Submitted: auto-replied\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        f"--b\nContent-Type: text/plain; charset=us-ascii\n\nI'm sorry to have to inform you ...\n<{person}>: {said}\n\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.customer.example\n\n"
        f"Final-Recipient: rfc822; {final or person}\nOriginal-Recipient: rfc822;{final or person}\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {said}\n\n"
        f"--b\nContent-Type: {original}\n\n{headers}\n--b--\n"
    ).encode()


def arf(
    *, to: str = "surveys@justask.example", person: str = PERSON, about: str = OURS, kind: str = "abuse"
) -> bytes:
    """A complaint as a feedback loop sends it."""
    return (
        f"From: <fbl@mx.customer.example>\nTo: {to}\nSubject: FW: complaint\nDate: {formatdate(1772618400)}\n"
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n\n"
        f"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: FBL/1\nVersion: 1\n"
        f"Original-Rcpt-To: <{person}>\n\n"
        f"--b\nContent-Type: message/rfc822\n\nFrom: surveys@justask.example\nTo: {person}\nMessage-ID: <{about}>\n\n"
        "(removed)\n--b--\n"
    ).encode()


def letter(
    words: str,
    *,
    subject: str = "Re: A question",
    sender: str = f"Kim Contact <{PERSON}>",
    to: str = "surveys@justask.example",
    about: str = OURS,
    headers: str = "",
    message_id: str = "",
) -> bytes:
    """A mail of somebody, or of a program that answers for somebody."""
    head = f"From: {sender}\nTo: {to}\nSubject: {subject}\nDate: {formatdate(1772618400)}\n{headers}"
    head += f"Message-ID: <{message_id}>\n" if message_id else ""
    head += f"In-Reply-To: <{about}>\n" if about else ""
    body = base64.encodebytes(words.encode()).decode()
    head += "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n"
    return f"{head}\n{body}".encode()


# Exchange's way: generic status, the telling one in the words.
EXIM = dsn(
    status="5.0.0", said="smtp; 550 5.1.1 <kim@customer.example>: Recipient address rejected: User unknown"
)

QMAIL = f"""Return-Path: <>
From: MAILER-DAEMON@mx.customer.example
To: surveys@justask.example
Subject: failure notice
Date: {formatdate(1772618400)}

Hi. This is the qmail-send program at mx.customer.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{PERSON}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <surveys@justask.example>
Message-ID: <{OURS}>
Subject: A question
""".encode()

QMAIL_FULL = QMAIL.replace(b"Sorry, no mailbox here by that name. (#5.1.1)", b"mailbox is full (#5.2.2)")

# What each language's mail programs say, with "10/10" in it, and the day on which the person is back.
ABSENCES = {
    "en": (
        "Automatic reply: A question",
        "I am out of the office until 16 March. 10/10 would holiday again.",
    ),
    "de": ("Abwesenheitsnotiz: Eine Frage", "Ich bin bis zum 16.3.2026 nicht im Büro. 10/10, gerne wieder!"),
    "fr": ("Réponse automatique : question", "Je suis absente du bureau jusqu'au 16 mars 2026. 10/10 !"),
    "es": ("Respuesta automática: pregunta", "Estoy fuera de la oficina hasta el 16 de marzo. 10/10."),
    "it": ("Risposta automatica: domanda", "Sono fuori ufficio fino al 16 marzo 2026. 10/10."),
    "pt": ("Resposta automática: pergunta", "Estou fora do escritório até 16 de março de 2026. 10/10."),
    "nl": ("Automatisch antwoord: vraag", "Ik ben afwezig tot 16 maart 2026. 10/10."),
    "pl": ("Odpowiedź automatyczna: pytanie", "Jestem na urlopie do 16 marca 2026. 10/10."),
}
