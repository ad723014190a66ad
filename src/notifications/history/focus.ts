import React from 'react';

export interface IFocusKeeper {
  /** Take the focus with the next drawing. */
  claim: () => void;
  /** To be called after each drawing: gives the focus back where what had it is no longer there. */
  restore: () => void;
}

/**
 * Keeps the focus in a list whose rows come and go.
 *
 * A browser gives the focus to nothing when the element that has it is removed: the keyboard would begin at the top of the
 * page again.
 */
export function useFocusKeeper(
  container: React.RefObject<HTMLElement>,
  focus: () => void
): IFocusKeeper {
  const last = React.useRef<Element | null>(null);
  const claimed = React.useRef(false);

  React.useEffect(() => {
    const onFocus = (event: FocusEvent): void => {
      const target = event.target as Element;
      last.current = container.current?.contains(target) ? target : null;
    };
    const onPress = (event: PointerEvent): void => {
      // A press on what takes no focus leaves the list as well.
      if (!container.current?.contains(event.target as Node)) {
        last.current = null;
      }
    };
    document.addEventListener('focusin', onFocus, true);
    document.addEventListener('pointerdown', onPress, true);
    return () => {
      document.removeEventListener('focusin', onFocus, true);
      document.removeEventListener('pointerdown', onPress, true);
    };
  }, [container]);

  return {
    claim: () => {
      claimed.current = true;
    },
    restore: () => {
      const isLost =
        last.current !== null &&
        !last.current.isConnected &&
        (document.activeElement === null ||
          document.activeElement === document.body);
      if (claimed.current || isLost) {
        claimed.current = false;
        last.current = null;
        focus();
      }
    }
  };
}
