"""Who may come in: accounts and their second factor, the operator's own key, Clerk."""

from automatos import access_settings, clerk_settings, env

AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_ADAPTER = "workspaces.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "add_email": "workspaces.accounts.forms.AddEmailForm",
    "login": "workspaces.accounts.forms.SignInForm",
    "signup": "workspaces.accounts.forms.SignUpForm",
}
# Whoever opens the mailed link in the browser they signed up with goes on where they were.
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Ours are atomic, say when to come back and fail closed: workspaces/accounts/sign_in_limits.py.
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_ADAPTER = "workspaces.accounts.second_factor.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "workspaces.accounts.forms.AuthenticateForm",
    "reauthenticate": "workspaces.accounts.forms.ReauthenticateForm",
    "authenticate_webauthn": "workspaces.accounts.forms.PasskeyForm",
    "reauthenticate_webauthn": "workspaces.accounts.forms.PasskeyAgainForm",
    "login_webauthn": "workspaces.accounts.forms.PasskeySignInForm",
    "add_webauthn": "workspaces.accounts.forms.AddPasskeyForm",
    "edit_webauthn": "workspaces.accounts.forms.RenamePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Automatos"
# RFC 6238, section 5.2: at most one step of network delay. A code is still good only once.
MFA_TOTP_TOLERANCE = 1
# How many proxies of the operator's own stand in front of the web process, each writing X-Forwarded-For.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0, low=0, high=10)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# One key from the environment, for programs of the operator's own; it is bound to WORKSPACE_ID, else DEFAULT_TENANT_ID.
ORCHESTRATOR_API_KEY = access_settings.orchestrator_key()
ORCHESTRATOR_API_KEY_ROLE = env.choice("ORCHESTRATOR_API_KEY_ROLE", "editor", access_settings.ROLES)
# Clerk's tokens as a way in: on when a key, or where to get the keys, is named.
CLERK = clerk_settings.read()
