"""Post room: SMS and e-mail. Templates, the outbox and its courier, transports, receipts, what people write back.

It knows organisations and contacts. Not for whom a message is about or why it is sent: leads, campaigns and journeys
stand above, and are plain ids here.
"""
