"""Tells the customers, over a gateway that takes only so many messages at once and is busy now and then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from models import Result


class GatewayBusy(Exception):
    pass


class Gateway:
    def __init__(self, at_once: int = 4) -> None:
        self.slots = asyncio.Semaphore(at_once)
        self.attempts: dict[int, int] = {}

    async def post(self, number: int, text: str) -> str:
        """One attempt. Every seventh order has to knock twice."""
        self.attempts[number] = self.attempts.get(number, 0) + 1
        await asyncio.sleep(0.001)
        if number % 7 == 0 and self.attempts[number] == 1:
            raise GatewayBusy(f"try again: {text}")
        return f"mail-{number:03}"

    async def send(self, result: Result) -> str:
        number = result.order.number
        text = f"Dear {result.order.customer.name}, order {number} is {result.status.value}."
        async with self.slots:
            while True:
                try:
                    return await self.post(number, text)
                except GatewayBusy:
                    await asyncio.sleep(0.002)


async def receipts(gateway: Gateway, results: list[Result]) -> AsyncIterator[str]:
    for receipt in await asyncio.gather(*(gateway.send(result) for result in results)):
        yield receipt


async def notify(results: list[Result]) -> list[str]:
    gateway = Gateway()
    return [receipt async for receipt in receipts(gateway, results)]
