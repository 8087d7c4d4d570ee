"""Short messages as 3GPP writes them: alphabets (23.038), PDUs (23.040), broadcasts (23.041).

No I/O here, and no asyncio.
"""
