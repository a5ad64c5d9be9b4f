"""A conversation over a WebSocket."""

import json
import os

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.template.loader import render_to_string
from django.utils import timezone

from messenger.models import Conversation, Message, Participant

FRAGMENT_BYTES = int(os.environ["FRAGMENT_BYTES"])


class ChatConsumer(AsyncWebsocketConsumer):
    async def connect(self):
        self.conversation_id = self.scope["url_route"]["kwargs"]["conversation_id"]
        self.group = f"chat_{self.conversation_id}"
        if not self.scope["user"].is_authenticated or not await self.may_read():
            await self.close()
            return
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept()

    async def disconnect(self, code):
        await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data):
        fields = json.loads(text_data)
        message = await self.store(fields["client_id"], fields["body"])
        html = render_to_string("message.html", {"message": message, "is_sent": True})
        event = {"type": "chat.message", "html": html.strip().ljust(FRAGMENT_BYTES)}
        await self.channel_layer.group_send(self.group, event)

    async def chat_message(self, event):
        await self.send(text_data=event["html"])

    @database_sync_to_async
    def may_read(self):
        return Participant.objects.filter(
            user=self.scope["user"], conversation_id=self.conversation_id
        ).exists()

    @database_sync_to_async
    def store(self, client_id, body):
        message = Message.objects.create(
            conversation_id=self.conversation_id,
            author=self.scope["user"],
            client_id=client_id,
            body=body,
        )
        Conversation.objects.filter(id=self.conversation_id).update(
            last_message=message, active_at=timezone.now()
        )
        return message
