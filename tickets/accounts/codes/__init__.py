"""Login codes: how many are mailed to an address, and the last of them.

A code is good in the browser that asked for it. The last one that was mailed is good in every browser
that asked for a code for the same address, because a stranger can use up the mails of an address: who
reads its mail then has a good code all the same. Its life is as long as the time in which mails are
counted, so where no mail may go out there is such a code.
"""
