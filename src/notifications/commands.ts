import type { ICommandPalette } from '@jupyterlab/apputils';
import { Notification as Toast } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CommandRegistry } from '@lumino/commands';

import { DesktopNotifications } from './desktop';
import type { Preferences } from './preferences';
import type { Toasts } from './toasts';

export const CommandIDs = {
  toggleBrowserNotifications: 'notifications:toggle-browser-notifications',
  focusToast: 'notifications:focus-toast'
} as const;

export function addCommands({
  commands,
  desktop,
  palette,
  preferences,
  toasts,
  trans
}: ICommandsOptions): void {
  const noArguments = { args: { type: 'object' as const, properties: {} } };

  commands.addCommand(CommandIDs.toggleBrowserNotifications, {
    label: trans.__('Browser Notifications While Hidden'),
    caption: trans.__(
      'Show notifications as those of the browser while JupyterLab is hidden'
    ),
    describedBy: noArguments,
    isEnabled: () => DesktopNotifications.isSupported,
    isToggled: () => desktop.isOn,
    execute: async () => {
      if (desktop.isOn) {
        await preferences.setBrowserNotifications(false);
      } else if (await desktop.ask()) {
        await preferences.setBrowserNotifications(true);
      } else {
        Toast.warning(
          trans.__(
            'The browser does not allow notifications of this page. Its settings for this site can be changed in the address bar.'
          )
        );
      }
      commands.notifyCommandChanged(CommandIDs.toggleBrowserNotifications);
    }
  });

  commands.addCommand(CommandIDs.focusToast, {
    label: trans.__('Go to the Newest Notification on Screen'),
    describedBy: noArguments,
    execute: () => {
      toasts.focus();
    }
  });

  const category = trans.__('Notifications');
  for (const command of Object.values(CommandIDs)) {
    palette?.addItem({ command, category });
  }
}

export interface ICommandsOptions {
  commands: CommandRegistry;
  desktop: DesktopNotifications;
  palette: ICommandPalette | null;
  preferences: Preferences;
  toasts: Toasts;
  trans: TranslationBundle;
}
