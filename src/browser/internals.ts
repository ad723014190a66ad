/**
 * Every member of JupyterLab's file browser and documents that is not public and that we use, or that is public and
 * replaced for all, in one place.
 *
 * TypeScript refuses to override or to read private members, so the classes are taken through the interfaces below. `missingMembers` is
 * the check at start-up: where one of them is gone, the factory builds the stock browser. A test compares the lists
 * with the real classes.
 */
import type { IChangedArgs } from '@jupyterlab/coreutils';
import type { FilterFileBrowserModel } from '@jupyterlab/filebrowser';
import {
  DirListing,
  FileBrowser,
  FileBrowserModel
} from '@jupyterlab/filebrowser';
import type { Contents, Session } from '@jupyterlab/services';
import type { IStateDB } from '@jupyterlab/statedb';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { IScore } from '@jupyterlab/ui-components';
import type { PromiseDelegate } from '@lumino/coreutils';
import type { Drag } from '@lumino/dragdrop';
import type { Poll } from '@lumino/polling';
import type { ISignal, Signal } from '@lumino/signaling';
import type { Widget } from '@lumino/widgets';

/** Paths that are selected. */
export type SelectionRecord = Record<string, boolean>;

/** `DirListing` as a base class: what we use of it, private members included. */
export interface IListingBase extends Widget {
  readonly contentNode: HTMLElement;
  readonly headerNode: HTMLElement;
  readonly model: FilterFileBrowserModel;
  readonly renderer: DirListing.IRenderer;
  readonly selectionChanged: ISignal<DirListing, void>;
  readonly sortState: DirListing.ISortState;

  clearSelectedItems(emit?: boolean): void;
  copy(): void;
  cut(): void;
  delete(): Promise<void>;
  download(): Promise<void>;
  duplicate(): Promise<void>;
  handleEvent(event: Event): void;
  isSelected(name: string): boolean;
  paste(): Promise<void>;
  restore(id: string): Promise<void>;
  selectAll(): Promise<void>;
  selectByPrefix(): void;
  selectNext(keepExisting?: boolean): void;
  selectPrevious(keepExisting?: boolean): void;
  selectedItems(): IterableIterator<Contents.IModel>;
  setColumnVisibility(
    name: DirListing.ToggleableColumn,
    visible: boolean
  ): void;
  shutdownKernels(): Promise<void>;
  sort(state: DirListing.ISortState): void;

  // Protected members.
  evtDragEnter(event: Drag.Event): void;
  evtDragLeave(event: Drag.Event): void;
  evtDragOver(event: Drag.Event): void;
  evtDrop(event: Drag.Event): void;
  evtKeydown(event: KeyboardEvent): void;
  evtNativeDrop(event: DragEvent): void;
  isWithinCheckboxHitArea(event: Event): boolean;
  selection: SelectionRecord;
  translator: ITranslator;

  // Private members.
  _clipboard: string[];
  _columnSizes: Record<DirListing.IColumn['id'], number | null>;
  _drag: Drag | null;
  _editNode: HTMLInputElement;
  _focusIndex: number;
  _focusPath: string;
  _hiddenColumns: Set<DirListing.ToggleableColumn>;
  _inRename: boolean;
  _isCut: boolean;
  _items: HTMLElement[];
  _lastRenderedState: WeakMap<HTMLElement, string>;
  _searchPrefix: string;
  _selectionChanged: Signal<DirListing, void>;
  _softSelection: string;
  _sortFileNamesNaturally: boolean;
  _sortNotebooksFirst: boolean;
  _sortState: DirListing.ISortState;
  _sortedItems: Contents.IModel[];

  _doRename(): Promise<string>;
  _evtClick(event: MouseEvent): void;
  _focusContent(): void;
  _focusItem(index: number): void;
  _handleMultiSelect(index: number): void;
  _onModelRefreshed(): void;
  _onPathChanged(): void;
  _saveState(): void;
  _selectItem(index: number, keepExisting: boolean, focus?: boolean): void;
  _selectItemByName(
    name: string,
    focus?: boolean,
    force?: boolean
  ): Promise<void>;
  _startDrag(index: number, clientX: number, clientY: number): void;
}

/** The listing class that ours extends. */
export const ListingBase = DirListing as unknown as new (
  options: DirListing.IOptions
) => IListingBase;

/** What the model uses of `FilterFileBrowserModel` and its base classes. */
export interface IModelInternals {
  _connectionFailure: Signal<unknown, Error>;
  _filter: (value: Contents.IModel) => Partial<IScore> | null;
  _key: string;
  _model: Contents.IModel;
  _pathChanged: Signal<unknown, IChangedArgs<string>>;
  _paths: Set<string>;
  _pending: Promise<void> | null;
  _pendingPath: string | null;
  _poll: Poll;
  _refreshed: Signal<unknown, void>;
  _restored: PromiseDelegate<void>;
  _sessions: Session.IModel[];
  _state: IStateDB | null;
  _trans: TranslationBundle;

  _shouldUploadLarge(file: File): Promise<boolean>;
  _upload(
    file: File,
    chunked: boolean,
    path?: string
  ): Promise<Contents.IModel>;
  _uploadCheckDisposed(): Promise<void>;
}

/** What the browser widget uses of `FileBrowser`. */
export interface IBrowserInternals {
  _fileFilterRef: { readonly current: { value: string } | null };
}

/** What the path completion uses of the breadcrumbs' path navigator, a class that JupyterLab does not export. */
export interface INavigatorInternals {
  closed: ISignal<unknown, void>;
  _activeSuggestionIndex: number;
  _currentFilteredSuggestions: string[];
  _isOpen: boolean;
  _suggestionsNode: HTMLElement;

  _renderSuggestions(paths: string[]): void;
  _updateSuggestions(value: string): Promise<void>;
}

/** What the path completion uses of a browser; without them the stock completion stays. */
export interface ICompletedInternals {
  crumbs?: { _pathNavigator?: INavigatorInternals };
}

export const NAVIGATOR_MEMBERS = [
  'closed',
  '_activeSuggestionIndex',
  '_currentFilteredSuggestions',
  '_isOpen',
  '_renderSuggestions',
  '_suggestionsNode',
  '_updateSuggestions'
] as const satisfies readonly (keyof INavigatorInternals)[];

/** The members that every instance has. */
export const LISTING_FIELDS = [
  '_clipboard',
  '_columnSizes',
  '_drag',
  '_editNode',
  '_focusIndex',
  '_focusPath',
  '_hiddenColumns',
  '_inRename',
  '_isCut',
  '_items',
  '_lastRenderedState',
  '_searchPrefix',
  '_selectionChanged',
  '_softSelection',
  '_sortFileNamesNaturally',
  '_sortNotebooksFirst',
  '_sortState',
  '_sortedItems',
  'selection',
  'translator'
] as const satisfies readonly (keyof IListingBase)[];

export const LISTING_METHODS = [
  '_doRename',
  '_evtClick',
  '_focusContent',
  '_focusItem',
  '_handleMultiSelect',
  '_onModelRefreshed',
  '_onPathChanged',
  '_saveState',
  '_selectItem',
  '_selectItemByName',
  '_startDrag',
  'evtDragEnter',
  'evtDragLeave',
  'evtDragOver',
  'evtDrop',
  'evtKeydown',
  'evtNativeDrop',
  'isWithinCheckboxHitArea',
  'onUpdateRequest',
  'updateNodes'
] as const;

export const MODEL_FIELDS = [
  '_connectionFailure',
  '_filter',
  '_key',
  '_model',
  '_pathChanged',
  '_paths',
  '_pending',
  '_pendingPath',
  '_poll',
  '_refreshed',
  '_restored',
  '_sessions',
  '_state',
  '_trans'
] as const satisfies readonly (keyof IModelInternals)[];

export const MODEL_METHODS = [
  '_shouldUploadLarge',
  '_upload',
  '_uploadCheckDisposed',
  'handleContents',
  'onFileChanged',
  'onRunningChanged'
] as const;

export const BROWSER_FIELDS = [
  '_fileFilterRef',
  'crumbs',
  'listing',
  'mainPanel'
] as const;

/** What is replaced of documents: how they ask for a new path. Without it the stock dialog stays. */
export const CONTEXT_METHODS = ['saveAs'] as const;

/** What is replaced of file dialogs: the two functions by which everything opens one. Without them the stock dialogs stay. */
export const DIALOG_FUNCTIONS = [
  'getExistingDirectory',
  'getOpenFiles'
] as const;

/** The names of the methods we need that this JupyterLab does not have. */
export function missingMethods(): string[] {
  return [
    ...missingMembers(DirListing.prototype, LISTING_METHODS),
    ...missingMembers(FileBrowserModel.prototype, MODEL_METHODS),
    ...missingMembers(FileBrowser.prototype, ['createDirListing'])
  ];
}

/** The names that are not members of an object. */
export function missingMembers(
  object: object,
  names: readonly string[]
): string[] {
  return names.filter(name => !(name in object));
}
