package config

import (
	"pushloss/extract"
	"pushloss/internal/calendar"
)

// appReader reads the app of the environment, or the apps of a file.
type appReader struct {
	env       environment
	lookup    lookup
	needsKeys bool
	// needsTokens says to read the callbacks' tokens.
	needsTokens bool
	problems    *collected
	// defaults are the values of an app whose entry gives no others.
	defaults App
}

func (r *appReader) apps() []App {
	r.defaults = App{
		Identifier: readValue(r.problems, "TIM_IDENTIFIER", r.env.Identifier, parseIdentifier),
		Region:     readValue(r.problems, "TIM_REGION", r.env.Region, anyCase(extract.ParseRegion)),
		Location:   readValue(r.problems, "PUSHLOSS_TIMEZONE", r.env.Timezone, calendar.ParseZone),
		Rate:       readValue(r.problems, "PUSHLOSS_RATE", r.env.Rate, parseRate),
	}
	if r.env.BaseURL != "" {
		r.defaults.BaseURL = readValue(r.problems, "TIM_BASE_URL", r.env.BaseURL, parseBaseURL)
	}
	if r.needsTokens {
		r.defaults.CallbackToken = readSecret(r.problems, "PUSHLOSS_CALLBACK_TOKEN", given{r.env.CallbackToken, r.env.CallbackTokenFile}, parseCallbackToken)
	}
	switch {
	case r.env.AppsFile != "" && r.env.SDKAppID != "":
		r.problems.add("TIM_APPS_FILE", "is set together with TIM_SDK_APP_ID: unset one of the two")
		return nil
	case r.env.AppsFile != "":
		return r.appsOfFile()
	case r.env.SDKAppID != "":
		return []App{r.appOfEnvironment()}
	case r.needsKeys:
		r.problems.add("TIM_SDK_APP_ID", "is not set: give the app's SDKAppID and TIM_SECRET_KEY, or several apps in TIM_APPS_FILE")
	}
	return nil
}

func (r *appReader) appOfEnvironment() App {
	app := r.defaults
	app.SDKAppID = readValue(r.problems, "TIM_SDK_APP_ID", r.env.SDKAppID, parseSDKAppID)
	if !r.needsKeys {
		return app
	}
	if r.env.SecretKey == "" && r.env.SecretKeyFile == "" {
		r.problems.add("TIM_SECRET_KEY", "is not set: give the app's secret key, or its file in TIM_SECRET_KEY_FILE")
	}
	app.SecretKey = readSecret(r.problems, "TIM_SECRET_KEY", given{r.env.SecretKey, r.env.SecretKeyFile}, parseKey)
	return app
}

func (r *appReader) appsOfFile() []App {
	data, err := ReadFile(r.env.AppsFile, MaxFile)
	if err != nil {
		r.problems.add("TIM_APPS_FILE", "cannot be read: %s", err)
		return nil
	}
	apps, problems := r.parseAppsFile(r.env.AppsFile, data)
	for _, problem := range problems {
		r.problems.add("TIM_APPS_FILE", "%s", problem)
	}
	return apps
}
