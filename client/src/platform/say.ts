/** Short words to the teacher, and questions. */

export function toast(title: string): void {
  void uni.showToast({ title, icon: 'none', duration: Math.min(6000, 1500 + title.length * 120) })
}

export interface Question {
  title: string
  text: string
  yes: string
  no?: string
}

/** Whether the teacher said yes. */
export function ask({ title, text, yes, no = '取消' }: Question): Promise<boolean> {
  return new Promise((resolve) => {
    uni.showModal({
      title,
      content: text,
      confirmText: yes,
      cancelText: no,
      success: ({ confirm }) => resolve(confirm),
      fail: () => resolve(false),
    })
  })
}
