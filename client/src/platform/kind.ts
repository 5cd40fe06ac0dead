/** Which of the two this build is. The bundler puts the name in, so that the other's branches are left out of the package. */
export const isWeb = process.env.UNI_PLATFORM === 'h5'
export const isMiniProgram = process.env.UNI_PLATFORM === 'mp-weixin'
