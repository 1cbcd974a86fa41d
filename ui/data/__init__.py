"""Every cache, background job and session upload; pages get all data here."""
