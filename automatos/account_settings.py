"""Settings of accounts: what a password has to be, and our forms in place of the library's."""

PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_FORMS = {
    "add_email": "workspaces.forms_account.AddEmailForm",
    "signup": "workspaces.forms_account.SignUpForm",
}
MFA_FORMS = {
    "authenticate": "workspaces.forms_account.AuthenticateForm",
    "reauthenticate": "workspaces.forms_account.ReauthenticateForm",
    "authenticate_webauthn": "workspaces.forms_account.PasskeyForm",
    "reauthenticate_webauthn": "workspaces.forms_account.PasskeyAgainForm",
    "login_webauthn": "workspaces.forms_account.PasskeySignInForm",
    "add_webauthn": "workspaces.forms_account.AddPasskeyForm",
    "edit_webauthn": "workspaces.forms_account.RenamePasskeyForm",
}
