def signed_out(user, *, because):
    pass
