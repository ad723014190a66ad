/** The npm package, first part of every plugin id and of the settings ids. */
export const PACKAGE = 'cloudru-jlab';

export const PluginIds = {
  listing: `${PACKAGE}:listing`,
  browser: `${PACKAGE}:browser`,
  roots: `${PACKAGE}:roots`,
  rootSwitcher: `${PACKAGE}:root-switcher`,
  rootsPaths: `${PACKAGE}:roots-paths`,
  notifications: `${PACKAGE}:notifications`,
  notificationsCells: `${PACKAGE}:notifications-cells`,
  notificationsHistory: `${PACKAGE}:notifications-history`,
  connection: `${PACKAGE}:healthcheck-connection`,
  connectionLost: `${PACKAGE}:healthcheck-connection-lost`,
  kernelDeaths: `${PACKAGE}:healthcheck-kernels`,
  pressure: `${PACKAGE}:healthcheck-pressure`,
  drafts: `${PACKAGE}:healthcheck-drafts`,
  healthcheck: `${PACKAGE}:healthcheck`
} as const;

/** The domain of our translation catalogue. */
export const TRANSLATION_DOMAIN = 'cloudru_jlab';

/** First path segment of every route of ours, below the base URL. */
export const API_NAMESPACE = 'cloudru';

/** The path part of the schema id of the server's listing event, whatever its host and version. */
export const LISTING_EVENT = '/cloudru_jlab/listing/';

/** The path part of the schema id of the server's notifications event, whatever its host and version. */
export const NOTIFICATIONS_EVENT = '/cloudru_jlab/notifications/';

/** The path part of the schema id of the server's healthcheck event, whatever its host and version. */
export const HEALTHCHECK_EVENT = '/cloudru_jlab/healthcheck/';
