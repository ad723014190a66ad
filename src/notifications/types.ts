export type {
  IAction,
  ILink,
  INotification,
  IText,
  Severity
} from '../core/notifications';
export { INotifications } from '../core/notifications';
