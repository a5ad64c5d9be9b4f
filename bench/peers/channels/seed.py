"""Fills a new database with the people and rooms that come as JSON on stdin."""

import json
import os
import sys
import uuid
from datetime import timedelta

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "messenger.settings")
django.setup()

from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from messenger.models import Conversation, Message, Participant  # noqa: E402

BACKEND = "django.contrib.auth.backends.ModelBackend"


def main():
    world = json.load(sys.stdin)
    call_command("migrate", verbosity=0)
    call_command("migrate", run_syncdb=True, verbosity=0)  # the messenger's own tables
    add_people(world["people"])
    for number, first, end in world["rooms"]:
        add_room(number, range(first, end))
    add_pages(**world["pages"])


def add_people(session_keys):
    """The person of number n has the id n + 1: Django counts from one."""
    people = [
        User(id=n + 1, username=f"person{n}", first_name=f"Person {n}", password="!")
        for n in range(len(session_keys))
    ]
    User.objects.bulk_create(people, batch_size=1000)
    until = timezone.now() + timedelta(days=14)
    Session.objects.bulk_create(
        [
            Session(session_key=key, session_data=session_data(person), expire_date=until)
            for key, person in zip(session_keys, people, strict=True)
        ],
        batch_size=1000,
    )


def session_data(person):
    return SessionStore().encode(
        {
            "_auth_user_id": str(person.id),
            "_auth_user_backend": BACKEND,
            "_auth_user_hash": person.get_session_auth_hash(),
        }
    )


def add_room(number, people):
    Conversation.objects.create(id=number, title=f"Room {number}")
    Participant.objects.bulk_create(
        [Participant(user_id=n + 1, conversation_id=number) for n in people], batch_size=1000
    )


def add_pages(reader, first_conversation, conversations, messages, unread, body):
    for n in range(conversations):
        number, people = first_conversation + n, (reader, reader + 1 + n)
        add_room(number, people)
        said = Message.objects.bulk_create(
            [
                Message(
                    conversation_id=number,
                    author_id=people[m % 2] + 1,
                    client_id=uuid.uuid4(),
                    body=body,
                )
                for m in range(messages)
            ]
        )
        Conversation.objects.filter(id=number).update(last_message=said[-1])
        Participant.objects.filter(conversation_id=number).update(read_id=said[-2 * unread - 1].id)


main()
